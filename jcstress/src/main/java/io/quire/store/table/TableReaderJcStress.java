/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * Readers of tables beside the writer: what they return is what the table held at one moment, whole, and what was
 * published is seen. All states of a test share one table, whose only writer is the actor of that name; each has a key
 * of its own, which the writer removes in the end, so that the table stays as long as it is.
 *
 * <p>Threading: jcstress calls each actor on one thread at a time.
 */
public final class TableReaderJcStress {
    private static final long ABSENT = -1;
    private static final long HASH_SEED = 0x5eed;
    private static final AtomicLong LAST_KEY = new AtomicLong();

    private TableReaderJcStress() {}

    private static byte[] keyBytes(final long key) {
        final byte[] bytes = new byte[2 * Long.BYTES];
        RawMemory.putLong(bytes, RawMemory.ARRAY_OFFSET, key);
        RawMemory.putLong(bytes, RawMemory.ARRAY_OFFSET + Long.BYTES, ~key);
        return bytes;
    }

    private static byte[] valueBytes(final int length, final long value) {
        final byte[] bytes = new byte[length];
        for (int i = 0; i < length; i += Long.BYTES) {
            RawMemory.putLong(bytes, RawMemory.ARRAY_OFFSET + i, value);
        }
        return bytes;
    }

    /** Neither closes nor gives up. */
    private static final class Session extends ReadSession {
        @Override
        protected void checkOpen() {
            // The caller is the only one.
        }

        @Override
        protected void enter() {
            // The memory is never closed.
        }

        @Override
        protected void leave() {
            // The memory is never closed.
        }

        @Override
        protected void failed(final int failures) {
            Thread.onSpinWait();
        }
    }

    /** An entry of longs that comes, changes and goes. */
    @JCStressTest
    @Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "Before it came, or when it had gone.")
    @Outcome(id = "4294967297", expect = Expect.ACCEPTABLE, desc = "The first value.")
    @Outcome(id = "8589934594", expect = Expect.ACCEPTABLE, desc = "The second value.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "What was never there.")
    @State
    public static class LongEntry {
        private static final FixedTable TABLE = FixedTable.create(PagedMemory.anonymous(HASH_SEED));
        private static final FixedTableReader READER = TABLE.reader(new Session());

        private final long key = LAST_KEY.incrementAndGet();

        /** Puts, overwrites, removes. */
        @Actor
        public void writer() {
            TABLE.set(key, 0x1_0000_0001L);
            TABLE.set(key, 0x2_0000_0002L);
            TABLE.remove(key);
        }

        /** Reads. */
        @Actor
        public void reader(final J_Result result) {
            result.r1 = READER.get(key, ABSENT);
        }
    }

    /** An entry of longs that the reader has heard of. */
    @JCStressTest
    @Outcome(id = "0, -1", expect = Expect.ACCEPTABLE, desc = "Not heard of, not seen.")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Not heard of, but seen.")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Heard of and seen.")
    @Outcome(id = "2, -1", expect = Expect.ACCEPTABLE, desc = "Heard of its end, not seen.")
    @Outcome(id = "1, -1", expect = Expect.ACCEPTABLE, desc = "Heard of, but it had gone when it was looked for.")
    @Outcome(id = "2, 1", expect = Expect.FORBIDDEN, desc = "Heard of its end, and seen.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "What was never there.")
    @State
    public static class PublishedLongEntry {
        private static final FixedTable TABLE = FixedTable.create(PagedMemory.anonymous(HASH_SEED));
        private static final FixedTableReader READER = TABLE.reader(new Session());

        private final long key = LAST_KEY.incrementAndGet();
        private volatile long published;

        /** Puts and says so, removes and says so. */
        @Actor
        public void writer() {
            TABLE.set(key, 1);
            published = 1;
            TABLE.remove(key);
            published = 2;
        }

        /** Hears and reads. */
        @Actor
        public void reader(final JJ_Result result) {
            result.r1 = published;
            result.r2 = READER.get(key, ABSENT);
        }
    }

    /** Two entries that are put one after the other: who sees the second sees the first. */
    @JCStressTest
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "None.")
    @Outcome(id = "-1, 1", expect = Expect.ACCEPTABLE, desc = "The first, which came in between.")
    @Outcome(id = "2, 1", expect = Expect.ACCEPTABLE, desc = "Both.")
    @Outcome(id = "2, -1", expect = Expect.FORBIDDEN, desc = "The second without the first.")
    @State
    public static class TwoLongEntries {
        private static final FixedTable TABLE = FixedTable.create(PagedMemory.anonymous(HASH_SEED));
        private static final FixedTableReader READER = TABLE.reader(new Session());
        private static final int KEPT = 64 * 1024;

        private final long key = LAST_KEY.addAndGet(2);

        /** Puts both, and removes those of long ago, which no reader looks for any more. */
        @Actor
        public void writer() {
            TABLE.set(key, 1);
            TABLE.set(key + 1, 2);
            TABLE.remove(key - KEPT);
            TABLE.remove(key + 1 - KEPT);
        }

        /** Reads the second, then the first. */
        @Actor
        public void reader(final JJ_Result result) {
            result.r1 = READER.get(key + 1, ABSENT);
            result.r2 = READER.get(key, ABSENT);
        }
    }

    /** An entry of fixed widths that comes, changes and goes. */
    @JCStressTest
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "Before it came, or when it had gone.")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "The first value.")
    @Outcome(id = "2, 1", expect = Expect.ACCEPTABLE, desc = "Its first field changed.")
    @Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "Both fields changed, one after the other.")
    @Outcome(id = "1, 2", expect = Expect.FORBIDDEN, desc = "Fields of different moments.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "What was never there.")
    @State
    public static class FixedBytesEntry {
        /** As long as can be, with the fields at its ends, so that a copy takes long. */
        private static final int VALUE_LENGTH = FixedBytesTable.VALUE_LENGTH_MAX;

        private static final int LAST_FIELD = VALUE_LENGTH - Long.BYTES;
        private static final FixedBytesTable TABLE =
                FixedBytesTable.create(PagedMemory.anonymous(HASH_SEED), 2 * Long.BYTES, VALUE_LENGTH);
        private static final FixedBytesTableReader READER = TABLE.reader(new Session());

        private final byte[] key = keyBytes(LAST_KEY.incrementAndGet());
        private final byte[] firstValue = valueBytes(VALUE_LENGTH, 1);
        private final byte[] secondValue = valueBytes(VALUE_LENGTH, 2);
        private final byte[] found = valueBytes(VALUE_LENGTH, 0);

        /** Puts, overwrites one field and then the other, removes. */
        @Actor
        public void writer() {
            final long entry = TABLE.put(key, RawMemory.ARRAY_OFFSET, firstValue, RawMemory.ARRAY_OFFSET);
            TABLE.overwrite(entry, 0, secondValue, RawMemory.ARRAY_OFFSET, Long.BYTES);
            TABLE.overwrite(entry, LAST_FIELD, secondValue, RawMemory.ARRAY_OFFSET, Long.BYTES);
            TABLE.remove(key, RawMemory.ARRAY_OFFSET);
        }

        /** Reads. */
        @Actor
        public void reader(final JJ_Result result) {
            final boolean present = READER.get(key, RawMemory.ARRAY_OFFSET, found, RawMemory.ARRAY_OFFSET);
            result.r1 = present ? RawMemory.getLong(found, RawMemory.ARRAY_OFFSET) : ABSENT;
            result.r2 = present ? RawMemory.getLong(found, RawMemory.ARRAY_OFFSET + LAST_FIELD) : ABSENT;
        }
    }

    /** A record that comes, is overwritten in place, is replaced by a longer one, and goes. */
    @JCStressTest
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "Before it came, or when it had gone.")
    @Outcome(id = "16, 1", expect = Expect.ACCEPTABLE, desc = "The first value.")
    @Outcome(id = "16, 2", expect = Expect.ACCEPTABLE, desc = "The one that took its place.")
    @Outcome(id = "200, 3", expect = Expect.ACCEPTABLE, desc = "The longer one.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "What was never there, or of different moments.")
    @State
    public static class RecordEntry {
        private static final int SHORT_LENGTH = 16;
        private static final int LONG_LENGTH = 200;
        private static final RecordTable TABLE = RecordTable.create(PagedMemory.anonymous(HASH_SEED));
        private static final RecordTableReader READER = TABLE.reader(new Session());

        private final byte[] key = keyBytes(LAST_KEY.incrementAndGet());
        private final byte[] firstValue = valueBytes(SHORT_LENGTH, 1);
        private final byte[] secondValue = valueBytes(SHORT_LENGTH, 2);
        private final byte[] longValue = valueBytes(LONG_LENGTH, 3);
        private final UnsafeBuffer found = new UnsafeBuffer(new byte[LONG_LENGTH]);

        private void put(final byte[] value) {
            TABLE.put(key, RawMemory.ARRAY_OFFSET, key.length, value, RawMemory.ARRAY_OFFSET, value.length);
        }

        /** Puts, overwrites, replaces, removes. */
        @Actor
        public void writer() {
            put(firstValue);
            put(secondValue);
            put(longValue);
            TABLE.remove(key, RawMemory.ARRAY_OFFSET, key.length);
        }

        /** Reads; a value whose longs differ is reported as -2. */
        @Actor
        public void reader(final JJ_Result result) {
            final int length = READER.get(key, RawMemory.ARRAY_OFFSET, key.length, found, 0);
            result.r1 = length;
            result.r2 = length == RecordTableReader.NOT_FOUND ? ABSENT : found.getLong(0);
            for (int i = Long.BYTES; i < length; i += Long.BYTES) {
                if (found.getLong(i) != result.r2) {
                    result.r2 = -2;
                }
            }
        }
    }
}
