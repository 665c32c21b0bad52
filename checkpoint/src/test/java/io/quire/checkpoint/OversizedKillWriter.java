/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.LongBytesState;
import io.quire.store.LongLongState;
import io.quire.store.SourcePosition;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A process to be killed that writes more at once than the ring and a log segment hold: values, batches of many small
 * changes, batches of such values, and batches that it takes back. Operations take turns in what they do, so that what
 * is there after any number of them follows from that number.
 */
final class OversizedKillWriter extends KillProgram {
    private static final int TURNS = 5;
    private static final int IN_BATCH = 0;
    private static final int MANY = 1;
    private static final int SEVERAL = 2;
    private static final int ALONE = 3; // a change that is no batch
    private static final int TAKEN_BACK = 4;

    private static final int LENGTH_MIN = 70_000;
    private static final int LENGTH_MAX = 400_000; // six times the ring
    private static final int MANY_COUNT = 5_000; // 160 KB in the log
    private static final int SEVERAL_COUNT = 3;
    private static final long SMALL_KEY = -1;
    private static final int CHECKPOINT_EVERY = 50;

    private final DurableStateStore store;
    private final LongBytesState values; // by turn, and of several from SEVERAL_KEY on
    private final LongLongState longs;
    private final SourcePosition position;
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[LENGTH_MAX]);
    private final UnsafeBuffer found = new UnsafeBuffer(new byte[LENGTH_MAX]);

    private OversizedKillWriter(final DurableStateStore store) {
        super(store);
        this.store = store;
        values = store.longBytesState("values");
        longs = store.longLongState("longs");
        position = store.source("operations");
    }

    public static void main(final String[] args) {
        run(args, OversizedKillWriter::new);
    }

    @Override
    int checkpointEvery() {
        return CHECKPOINT_EVERY;
    }

    @Override
    void apply(final long i) {
        final int turn = (int) (i % TURNS);
        if (turn == ALONE) {
            put(ALONE, i); // with its number in it
            return;
        }
        if (turn == TAKEN_BACK) {
            store.beginBatch();
            putMany(i);
            put(IN_BATCH, i);
            store.rollbackBatch();
        }
        store.beginBatch();
        switch (turn) {
            case IN_BATCH -> put(IN_BATCH, i);
            case MANY -> putMany(i);
            case SEVERAL -> {
                for (int k = 0; k < SEVERAL_COUNT; k++) {
                    longs.put(SMALL_KEY - 1 - k, i);
                    put(TURNS + k, i);
                }
            }
            default -> longs.put(SMALL_KEY, i);
        }
        position.set(i);
        store.commitBatch();
    }

    private void putMany(final long i) {
        for (long key = 0; key < MANY_COUNT; key++) {
            longs.put(key, i);
        }
    }

    private void put(final int key, final long i) {
        values.put(key, value, 0, fill(key, i));
    }

    /** What an operation puts at a key: its number, and bytes of which no part is in another value. */
    private int fill(final int key, final long i) {
        final long mixed = (i * TURNS + key) * 0x9E37_79B9_7F4A_7C15L;
        final int length = LENGTH_MIN + (int) ((mixed >>> 32) % (LENGTH_MAX - LENGTH_MIN)) & ~(Long.BYTES - 1);
        value.putLong(0, i);
        for (int at = Long.BYTES; at < length; at += Long.BYTES) {
            final long next = mixed + at;
            value.putLong(at, (next ^ next >>> 31) * 0xBF58_476D_1CE4_E5B9L);
        }
        return length;
    }

    @Override
    long check() {
        final int aloneLength = values.get(ALONE, found, 0);
        final long alone = aloneLength < Long.BYTES ? 0 : found.getLong(0);
        final long count = Math.max(position.get(0), alone);
        expect("position", last(count, ALONE) == count ? Math.max(0, count - 1) : count, position.get(0));
        checkValue(IN_BATCH, last(count, IN_BATCH));
        checkValue(ALONE, last(count, ALONE));
        final long several = last(count, SEVERAL);
        final long many = last(count, MANY);
        long longCount = 0;
        for (int k = 0; k < SEVERAL_COUNT; k++) {
            checkValue(TURNS + k, several);
            longCount += checkLong(SMALL_KEY - 1 - k, several);
        }
        longCount += checkLong(SMALL_KEY, last(count, TAKEN_BACK));
        for (long key = 0; key < MANY_COUNT; key++) {
            longCount += checkLong(key, many);
        }
        expect("entries of longs", longCount, longs.size());
        values.checkInvariants();
        longs.checkInvariants();
        return count;
    }

    private int checkLong(final long key, final long expected) {
        expect("long key " + key, expected, longs.get(key, 0));
        return expected == 0 ? 0 : 1;
    }

    private void checkValue(final int key, final long last) {
        final int length = values.get(key, found, 0);
        if (last == 0) {
            expect("value " + key, LongBytesState.NOT_FOUND, length);
            return;
        }
        expect("length of value " + key, fill(key, last), length);
        for (int at = 0; at < length; at += Long.BYTES) {
            expect("offset " + at + " of value " + key, value.getLong(at), found.getLong(at));
        }
    }

    /** Last operation up to a count whose turn was that, 0 when there is none. */
    private static long last(final long count, final int turn) {
        return Math.max(0, count - Math.floorMod(count - turn, (long) TURNS));
    }
}
