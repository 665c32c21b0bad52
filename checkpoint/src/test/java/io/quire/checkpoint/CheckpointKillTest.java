/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.DiskStoreFiles;
import io.quire.checkpoint.io.HookedStoreFiles;
import io.quire.store.LongLongState;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kills a process with SIGKILL in a step of a checkpoint or a merge, and looks for what it had acknowledged. */
class CheckpointKillTest {
    private static final String REACHED = "reached";
    private static final int KEYS = 5_000;
    private static final long COUNT_KEY = -1;

    @TempDir
    Path temp;

    /** Writes and takes checkpoints until a step is reached, and there waits to be killed. */
    static final class Child {
        private Child() {}

        public static void main(final String[] args) {
            final PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
            final HookedStoreFiles files = new HookedStoreFiles(new DiskStoreFiles());
            final DurableStateStore store = DurableStateStore.open(context(Path.of(args[0]))
                    .storeFiles(files)
                    .checkpointIntervalNs(TimeUnit.MILLISECONDS.toNanos(20)));
            final LongLongState state = store.longLongState("s");
            long count = state.get(COUNT_KEY, 0);
            while (store.status().checkpoints().completed() < 3) {
                write(state, ++count);
            }
            files.hook(CheckpointStep.valueOf(args[1]).once(() -> {
                out.println(REACHED);
                LockSupport.park();
            }));
            while (true) {
                write(state, ++count);
                out.println(count);
            }
        }

        private static void write(final LongLongState state, final long count) {
            state.put(count % KEYS, count);
            state.put(COUNT_KEY, count);
        }
    }

    private static DurableStoreContext context(final Path root) {
        return new DurableStoreContext()
                .directory(root.resolve("store"))
                .windowShift(20)
                .changeRingLength(1 << 20)
                .chainLengthMax(2);
    }

    @ParameterizedTest
    @EnumSource(
            value = CheckpointStep.class,
            names = {
                "WRITE_FILE",
                "RENAME_MANIFEST",
                "FORCE_RENAME",
                "DELETE_OLD",
                "DELETE_MANIFEST",
                "MERGE_WRITE",
                "MERGE_READ_BACK",
                "MERGE_FORCE_RENAME"
            })
    void shouldLoseNothingWhenKilledInAStep(final CheckpointStep step) throws Exception {
        kill(step);
    }

    @ParameterizedTest
    @EnumSource(CheckpointStep.class)
    @Tag("slow")
    void shouldLoseNothingWhenKilledInAStepAgainAndAgain(final CheckpointStep step) throws Exception {
        for (int i = 0; i < 5; i++) {
            kill(step);
        }
    }

    private void kill(final CheckpointStep step) throws Exception {
        final Path errorFile = temp.resolve("child.err");
        final Process child = ChildJvm.start(Child.class, errorFile, temp.toString(), step.name());
        long acknowledged = 0;
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            String line = reader.readLine();
            while (line != null && !line.equals(REACHED)) {
                acknowledged = Math.max(acknowledged, Long.parseLong(line));
                line = reader.readLine();
            }
            assertThat(line).as(ChildJvm.lastWords(child, errorFile)).isEqualTo(REACHED);
            child.toHandle().destroyForcibly();
            assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            child.destroyForcibly();
        }
        check(step, acknowledged);
    }

    private void check(final CheckpointStep step, final long acknowledged) {
        try (DurableStateStore store = DurableStateStore.open(context(temp))) {
            final LongLongState state = store.longLongState("s");
            final long count = state.get(COUNT_KEY, 0);
            assertThat(count).as(step.name()).isGreaterThanOrEqualTo(acknowledged);
            for (long key = 0; key < KEYS; key++) {
                final long newest = count + 1; // may have been put without the count
                final long last = count - Math.floorMod(count - key, (long) KEYS);
                final long found = state.get(key, 0);
                assertThat(found == Math.max(0, last) || (found == newest && newest % KEYS == key))
                        .as("%s key=%d found=%d count=%d", step, key, found, count)
                        .isTrue();
            }
            state.checkInvariants();
            store.checkpoint().join();
        }
        assertThat(new StoreVerifier(temp.resolve("store"), ProgressListener.NONE)
                        .verify(true)
                        .problems())
                .isEmpty();
    }
}
