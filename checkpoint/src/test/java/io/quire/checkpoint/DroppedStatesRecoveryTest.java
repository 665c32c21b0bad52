/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * States of every kind are dropped and created again under their names, with checkpoints, replay of the log and kills
 * between the steps: what is there is what was written since, by the codecs since, and the space is the store's again.
 */
class DroppedStatesRecoveryTest {
    private static final int HALT = 77;

    @TempDir
    Path temp;

    private static DurableStateStore open(final Path directory) {
        return DurableStateStore.open(new DurableStoreContext()
                .directory(directory)
                .windowShift(23)
                .changeRingLength(4 << 20)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false));
    }

    private enum Between {
        NOTHING,
        REPLAY,
        CHECKPOINT,
        CHECKPOINT_AND_REOPEN
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void shouldFindWhatWasWrittenSinceWhateverHappensBetweenTheSteps(final int shift) {
        final long seed = Long.getLong("seed", System.nanoTime());
        final Random random = new Random(seed);
        final StringBuilder happened = new StringBuilder("seed=" + seed + " shift=" + shift);
        DurableStateStore store = open(temp.resolve("store"));
        try {
            for (int step = 0; step < DroppedStates.STEPS; step++) {
                new DroppedStates(store, shift).apply(step);
                final Between between = Between.values()[random.nextInt(Between.values().length)];
                happened.append(' ').append(step).append(between);
                if (between == Between.CHECKPOINT || between == Between.CHECKPOINT_AND_REOPEN) {
                    store.checkpoint().join();
                }
                if (between == Between.REPLAY || between == Between.CHECKPOINT_AND_REOPEN) {
                    store.close();
                    store = open(temp.resolve("store"));
                }
                new DroppedStates(store, shift).check(step);
            }
        } catch (final RuntimeException | AssertionError e) {
            throw new AssertionError(happened + ": " + e, e);
        } finally {
            store.close();
        }
    }

    @Test
    void shouldGiveBackTheSpaceOfWhatWasDroppedForGood() {
        DurableStateStore store = open(temp.resolve("store"));
        final long empty = new DroppedStates(store, 1).usedExtents();
        long filledFirst = 0;
        long droppedFirst = 0;
        for (int cycle = 0; cycle < 4; cycle++) {
            final DroppedStates states = new DroppedStates(store, 1);
            states.apply(0);
            states.apply(1);
            final long filled = states.usedExtents();
            filledFirst = cycle == 0 ? filled : filledFirst;
            assertThat(filled).isGreaterThan(empty + 40).isEqualTo(filledFirst);
            if (cycle % 2 == 0) {
                store.checkpoint().join();
            }
            states.apply(2);
            final long dropped = states.usedExtents();
            droppedFirst = cycle == 0 ? dropped : droppedFirst;
            // The catalog keeps an extent for each size that its entries had.
            assertThat(dropped).isLessThan(empty + 10).isEqualTo(droppedFirst);
            store.close();
            store = open(temp.resolve("store"));
            assertThat(new DroppedStates(store, 1).usedExtents()).isEqualTo(droppedFirst);
            new DroppedStates(store, 1).check(2);
        }
        store.checkpoint().join();
        store.close();
        assertThat(new StoreVerifier(temp.resolve("store"), ProgressListener.NONE)
                        .verify(true)
                        .problems())
                .isEmpty();
    }

    /** Does some steps after what is there, and dies of the last: nothing is closed, written or waited for. */
    static final class Child {
        private Child() {}

        public static void main(final String... arguments) {
            final DurableStateStore store = open(Path.of(arguments[0]));
            final int first = Integer.parseInt(arguments[1]);
            final DroppedStates states = new DroppedStates(store, 1);
            states.check(first - 1);
            if (first == 3) {
                store.checkpoint().join(); // all others are in the log only
            }
            for (int step = first; step <= Integer.parseInt(arguments[2]); step++) {
                states.apply(step);
            }
            Runtime.getRuntime().halt(HALT);
        }
    }

    @Test
    void shouldFindWhatWasWrittenSinceWhenTheProcessDiesOnTheWay() throws IOException, InterruptedException {
        for (final int[] steps : new int[][] {{0, 2}, {3, 4}, {5, 5}}) {
            final Path errors = temp.resolve("errors");
            final Process child = ChildJvm.start(
                    Child.class,
                    errors,
                    temp.resolve("store").toString(),
                    Integer.toString(steps[0]),
                    Integer.toString(steps[1]));
            child.waitFor();
            assertThat(child.exitValue()).as(ChildJvm.lastWords(child, errors)).isEqualTo(HALT);
        }
        try (DurableStateStore store = open(temp.resolve("store"))) {
            final DroppedStates states = new DroppedStates(store, 1);
            states.check(5);
            states.apply(6);
            states.check(6);
        }
    }
}
