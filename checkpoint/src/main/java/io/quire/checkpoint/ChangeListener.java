/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.LogTruncatedException;
import org.agrona.DirectBuffer;

/**
 * Takes the changes of a store in the order in which they were made, see {@link DurableStateStore#subscribe}.
 *
 * <p>Changes of one batch have the same position and follow each other; {@link #onGroupEnd} follows the last of them. A
 * batch that was rolled back is never seen. Whoever keeps the position that onGroupEnd was given, and subscribes from
 * it later, sees every change exactly once.
 *
 * <p>Threading: called by one thread, the subscription's. It may take its time and may throw, which ends the
 * subscription; the store's writer never notices. It must not write to the store unless it is its writer.
 */
@FunctionalInterface
public interface ChangeListener {
    /**
     * A key was set or removed.
     *
     * @param position log position after the change, or after the batch that it belongs to
     * @param state the state that changed
     * @param key its bytes, valid until the method returns; of a long key 8 bytes, little-endian
     * @param value its new value's bytes, valid until the method returns, with what stands behind its content: the
     *     timestamp of a state that has had a time to live, the mark of a codec that evolves; null when the key was
     *     removed, by whoever or because it had expired
     */
    void onChange(long position, StateDescriptor state, DirectBuffer key, DirectBuffer value);

    /**
     * All keys of a state were removed at once.
     *
     * @param position log position after the change
     * @param state the state that is empty now
     */
    default void onClear(final long position, final StateDescriptor state) {}

    /**
     * A state changed in a way that its kind defines.
     *
     * @param position log position after the change, or after the batch that it belongs to
     * @param state the state that changed
     * @param type what was done, see {@link io.quire.store.changelog.ChangeRecordDescriptor}
     * @param key its bytes, valid until the method returns
     * @param operand what the operation adds, valid until the method returns
     */
    default void onOperation(
            final long position,
            final StateDescriptor state,
            final byte type,
            final DirectBuffer key,
            final DirectBuffer operand) {}

    /**
     * A state was created.
     *
     * @param position log position after the change
     * @param state the new state
     */
    default void onCreate(final long position, final StateDescriptor state) {}

    /**
     * The codecs of a state have changed, or its time to live. A state of primitives or bytes that gets its first one
     * has timestamps behind all of its values from then on; what was there before has that of {@code
     * state.expiry().sinceMs()}, without being handed over again.
     *
     * @param position log position after the change
     * @param state the state as it is now
     */
    default void onAlter(final long position, final StateDescriptor state) {}

    /**
     * A state was dropped with everything in it. Another one of the same name, if there is one later, is created anew.
     *
     * @param position log position after the change
     * @param state the state that is no more
     */
    default void onDrop(final long position, final StateDescriptor state) {}

    /**
     * Changes were made that are not in the log, because the store was opened with durability {@code NONE} meanwhile:
     * what was handed over before does not add up to the state any more. Whoever does not override this is ended by it;
     * whoever does is handed what comes behind.
     *
     * @param position log position behind the gap
     * @throws LogTruncatedException unless overridden
     */
    default void onUnlogged(final long position) {
        throw new LogTruncatedException("changes are missing in the log, they were made with durability NONE: before"
                + " position=" + position + "; begin anew from the state itself, and read on from that position");
    }

    /**
     * Everything up to a position was handed over: the place to subscribe from again.
     *
     * @param position log position
     */
    default void onGroupEnd(final long position) {}

    /**
     * The subscription has ended, after the last change it will hand over.
     *
     * @param cause what ended it, {@link LogTruncatedException} when it was so slow that what it needed was deleted, or
     *     when changes are not in the log; null when it was closed, or its store
     */
    default void onEnd(final Throwable cause) {}
}
