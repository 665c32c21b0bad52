/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * The numbers of extents by which a reader notices changes: two words that the writer changes between begin and end are
 * never believed to be of different changes, and what was published otherwise is seen.
 *
 * <p>Threading: jcstress calls the actors on threads of their own.
 */
public final class ExtentSequencesJcStress {
    private static final long NOT_BELIEVED = -1;

    private ExtentSequencesJcStress() {}

    /** An extent reduced to two words in different lines, with its counter in a third. */
    private static class Words {
        private final ExtentSequences sequences = new ExtentSequences();
        private final long memory = RawMemory.allocate(4L * PageDescriptor.LINE_LENGTH);
        private final long counter = (memory + PageDescriptor.LINE_LENGTH) & -PageDescriptor.LINE_LENGTH;
        final long first = counter + PageDescriptor.LINE_LENGTH;
        private final long second = first + PageDescriptor.LINE_LENGTH;

        Words() {
            RawMemory.putLong(counter, 0);
            RawMemory.putLong(first, 0);
            RawMemory.putLong(second, 0);
            RawMemory.storeFence();
        }

        final void change(final long value) {
            sequences.beginAt(counter);
            RawMemory.putLong(first, value);
            RawMemory.putLong(second, value);
            sequences.end(counter);
        }

        /** Reads both words; false when they cannot be believed. */
        final boolean read(final JJ_Result result) {
            final long sequence = ExtentSequences.read(counter);
            final long firstFound = RawMemory.getLong(first);
            final long secondFound = RawMemory.getLong(second);
            final boolean believed =
                    !ExtentSequences.isChanging(sequence) && ExtentSequences.unchanged(counter, sequence);
            result.r1 = believed ? firstFound : NOT_BELIEVED;
            result.r2 = believed ? secondFound : NOT_BELIEVED;
            return believed;
        }

        final void release() {
            sequences.close();
            RawMemory.free(memory);
        }
    }

    /** One change, read once. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Read before the change.")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Read after the change.")
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "Read during the change, which was noticed.")
    @Outcome(id = "0, 1", expect = Expect.FORBIDDEN, desc = "Read during the change, and believed.")
    @Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "Read during the change, and believed.")
    @State
    public static class OneChange {
        private final Words words = new Words();

        /** Changes. */
        @Actor
        public void writer() {
            words.change(1);
        }

        /** Reads. */
        @Actor
        public void reader(final JJ_Result result) {
            words.read(result);
        }

        /** Frees. */
        @Arbiter
        public void after(final JJ_Result result) {
            words.release();
        }
    }

    /** Two changes, read until it can be believed. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Read before the changes.")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Read between them.")
    @Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "Read after them.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A mixture was believed.")
    @State
    public static class TwoChanges {
        private final Words words = new Words();

        /** Changes twice. */
        @Actor
        public void writer() {
            words.change(1);
            words.change(2);
        }

        /** Reads until it can be believed. */
        @Actor
        public void reader(final JJ_Result result) {
            while (!words.read(result)) {
                Thread.onSpinWait();
            }
        }

        /** Frees. */
        @Arbiter
        public void after(final JJ_Result result) {
            words.release();
        }
    }

    /** A change that the reader has heard of. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Not heard of, not seen.")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Not heard of, but seen.")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Heard of and seen.")
    @Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "Heard of and not seen.")
    @State
    public static class PublishedChange {
        private final Words words = new Words();
        private volatile long published;

        /** Changes and says so. */
        @Actor
        public void writer() {
            words.change(1);
            published = 1;
        }

        /** Hears of the change and reads. */
        @Actor
        public void reader(final JJ_Result result) {
            final long heard = published;
            while (!words.read(result)) {
                Thread.onSpinWait();
            }
            result.r1 = heard;
        }

        /** Frees. */
        @Arbiter
        public void after(final JJ_Result result) {
            words.release();
        }
    }

    /** A value of eight bytes that is overwritten without a number. */
    @JCStressTest
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "The old value.")
    @Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "The new value.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Bytes of both.")
    @State
    public static class OneStore {
        private final Words words = new Words();

        /** Overwrites. */
        @Actor
        public void writer() {
            RawMemory.putLongRelease(words.first, -1L);
        }

        /** Reads. */
        @Actor
        public void reader(final J_Result result) {
            result.r1 = RawMemory.getLong(words.first);
        }

        /** Frees. */
        @Arbiter
        public void after(final J_Result result) {
            words.release();
        }
    }
}
