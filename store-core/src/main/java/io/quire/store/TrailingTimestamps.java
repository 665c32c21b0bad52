/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.ExpiryRule;
import io.quire.store.catalog.StateKind;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.table.MapDescriptor;
import java.nio.ByteOrder;
import java.util.function.LongPredicate;
import org.agrona.DirectBuffer;

/**
 * Timestamps of a state of primitives or bytes that has had a time to live. No codec stands between its
 * callers' bytes and memory, so all of its values end with one, from the first to the last:
 *
 * <pre>
 *  0                          length of the content   + 8
 *  +--------------------------+-----------------------+
 *  | content, as callers know | timestamp, ms         |
 *  +--------------------------+-----------------------+
 * </pre>
 *
 * <p>They are written also while the time to live is switched off, so that it can be switched on again. The rule is
 * that which the state has now.
 *
 * <p>Threading: thread-safe.
 */
final class TrailingTimestamps implements Timestamps, LongPredicate {
    /** Bytes behind the content of a value. */
    static final int LENGTH = Long.BYTES;

    private final KeyedState state;
    private final ExpiryClock clock;

    private TrailingTimestamps(final KeyedState state) {
        this.state = state;
        clock = state.store.expiryClock();
    }

    /** Those of a state as the store knows it, by which its expired entries are removed from now on. */
    static TrailingTimestamps of(final KeyedState state) {
        final TrailingTimestamps timestamps = new TrailingTimestamps(state);
        state.expiry.judgedBy(timestamps);
        return timestamps;
    }

    /** Longest value, or element, that has room for a timestamp in a state of a kind. */
    static int contentLengthMax(final StateKind kind) {
        return switch (kind) {
                    case LIST -> ListState.ELEMENT_LENGTH_MAX;
                    case MAP -> MapDescriptor.VALUE_LENGTH_MAX;
                    default -> BytesState.VALUE_LENGTH_MAX;
                }
                - LENGTH;
    }

    @Override
    public ExpiryRule rule() {
        return state.descriptor().expiry();
    }

    @Override
    public boolean expiring() {
        return rule().isOn();
    }

    @Override
    public long nowMs() {
        return clock.nowMs();
    }

    @Override
    public long timestampOf(final DirectBuffer buffer, final int offset, final int length) {
        return buffer.getLong(offset + contentLength(length), ByteOrder.LITTLE_ENDIAN);
    }

    /** Bytes that callers know of a value. */
    int contentLength(final int valueLength) {
        if (valueLength < LENGTH) {
            throw new CorruptStoreException(
                    "value has no timestamp: state=" + state.name() + " valueLength=" + valueLength);
        }
        return valueLength - LENGTH;
    }

    /** Whether what was written at a time has not expired now. */
    @Override
    public boolean test(final long timestampMs) {
        final ExpiryRule rule = rule();
        return !rule.isOn() || !rule.expired(timestampMs, clock.nowMs());
    }

    /** Whether what was written at a time has not expired at another. */
    boolean isLive(final long timestampMs, final long nowMs) {
        return !rule().expired(timestampMs, nowMs);
    }

    /** Whether overwriting a value leaves its timestamp as it is. */
    boolean keptByWrites() {
        return rule().update() == ExpiryRule.ON_CREATE;
    }

    /** Whether a read by key sets the timestamp; not once the store has failed, when reads go on and writes do not. */
    boolean renewedByReads() {
        return rule().update() == ExpiryRule.ON_READ_AND_WRITE && state.store.failure() == null;
    }

    /** An entry was written. By the writer. */
    void wrote() {
        if (expiring()) {
            state.store.expiryCleaner().wrote();
        }
    }
}
