/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.BytesState;
import io.quire.store.LongLongState;
import io.quire.store.SourcePosition;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A process to be killed that writes states of primitives and bytes. Operation i is one batch: it sets or removes one
 * entry of each of two states and sets the position to i. So the state after any number of operations can be told
 * without the ones before.
 */
final class KillWriter extends KillProgram {
    private static final int LONG_KEYS = 199;
    private static final int BYTES_KEYS = 83;
    static final int REMOVE_EVERY = 7;
    static final int VALUE_LENGTH_MAX = 700;

    private final DurableStateStore store;
    private final LongLongState longs;
    private final BytesState bytes;
    private final SourcePosition position;
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[VALUE_LENGTH_MAX]);
    private final UnsafeBuffer found = new UnsafeBuffer(new byte[VALUE_LENGTH_MAX]);

    private KillWriter(final DurableStateStore store) {
        super(store);
        this.store = store;
        longs = store.longLongState("longs");
        bytes = store.bytesState("bytes");
        position = store.source("operations");
    }

    public static void main(final String[] args) {
        run(args, KillWriter::new);
    }

    @Override
    void apply(final long i) {
        store.beginBatch();
        key.putLong(0, i % BYTES_KEYS);
        if (i % REMOVE_EVERY == 0) {
            longs.remove(i % LONG_KEYS);
            bytes.remove(key, 0, Long.BYTES);
        } else {
            longs.put(i % LONG_KEYS, i);
            bytes.put(key, 0, Long.BYTES, value, 0, fill(value, i));
        }
        position.set(i);
        store.commitBatch();
    }

    /** The value of operation i, any length; returns it. */
    static int fill(final UnsafeBuffer target, final long i) {
        final int length = (int) (i * 0x9E37_79B9L >>> 8) % (VALUE_LENGTH_MAX + 1) & Integer.MAX_VALUE;
        final int inRange = length % (VALUE_LENGTH_MAX + 1);
        for (int at = 0; at < inRange; at++) {
            target.putByte(at, (byte) (i * 31 + at));
        }
        return inRange;
    }

    /** Checks every entry against the operation that was the last on its key; returns how many operations there are. */
    @Override
    long check() {
        final long count = position.get(0);
        long longCount = 0;
        for (long k = 0; k < LONG_KEYS; k++) {
            final long last = lastOn(k, LONG_KEYS, count);
            expect("long key " + k, last, longs.get(k, 0));
            longCount += last == 0 ? 0 : 1;
        }
        expect("entries of longs", longCount, longs.size());
        long bytesCount = 0;
        for (long k = 0; k < BYTES_KEYS; k++) {
            bytesCount += checkBytes(k, lastOn(k, BYTES_KEYS, count));
        }
        expect("entries of bytes", bytesCount, bytes.size());
        longs.checkInvariants();
        bytes.checkInvariants();
        return count;
    }

    private int checkBytes(final long k, final long last) {
        key.putLong(0, k);
        final int length = bytes.get(key, 0, Long.BYTES, found, 0);
        if (last == 0) {
            expect("bytes key " + k, BytesState.NOT_FOUND, length);
            return 0;
        }
        expect("length of bytes key " + k, fill(value, last), length);
        for (int at = 0; at < length; at++) {
            expect("byte " + at + " of bytes key " + k, value.getByte(at), found.getByte(at));
        }
        return 1;
    }

    /** Last operation up to a count on a key, 0 when there is none or it was a removal. */
    static long lastOn(final long key, final int keys, final long count) {
        final long last = count - Math.floorMod(count - key, (long) keys);
        return last <= 0 || last % REMOVE_EVERY == 0 ? 0 : last;
    }
}
