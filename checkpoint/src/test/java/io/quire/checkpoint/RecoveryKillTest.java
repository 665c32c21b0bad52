/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.LongLongState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A store whose writer is killed, and then its recovery, again and again at random moments. What is found afterwards is
 * the model after exactly k operations, with last acknowledged at most k and k at most last issued.
 */
class RecoveryKillTest {
    private static final int KEYS = 5_000;
    private static final long COUNT_KEY = -1;
    private static final int ACKNOWLEDGE_EVERY = 500;

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private long acknowledged;
    private int recoveriesKilled;

    private static DurableStoreContext context(final Path temp) {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp.resolve("shm"))
                .windowShift(21)
                .changeRingLength(256 * 1024)
                .logSegmentLength(1024 * 1024)
                .chainLengthMax(8)
                .checkpointIntervalNs(50_000_000);
    }

    /** The process that is killed: opens the store, and goes on counting from where it is. */
    static final class Child {
        public static void main(final String... arguments) {
            final Path temp = Path.of(arguments[0]);
            System.out.println("opening");
            final DurableStateStore store = DurableStateStore.open(context(temp));
            final LongLongState state = store.longLongState("s");
            long count = state.get(COUNT_KEY, 0);
            System.out.println("opened " + count);
            while (true) {
                count++;
                store.beginBatch();
                state.put(count % KEYS, count);
                state.put(COUNT_KEY, count);
                store.commitBatch();
                if (count % ACKNOWLEDGE_EVERY == 0) {
                    System.out.println("done " + count);
                }
            }
        }
    }

    @Test
    void shouldLoseNothingHoweverOftenRecoveryIsKilled() throws Exception {
        run(2, 3);
    }

    @Test
    @Tag("slow")
    void shouldLoseNothingHoweverOftenRecoveryIsKilledForLong() throws Exception {
        run(200, 5);
    }

    private void run(final int rounds, final int killsOfRecovery) throws Exception {
        Files.createDirectories(temp.resolve("shm"));
        for (int round = 0; round < rounds; round++) {
            killWhileItWrites();
            for (int i = 0; i < killsOfRecovery; i++) {
                killWhileItRecovers();
            }
            check();
        }
        System.out.println("recoveries killed before they were through: " + recoveriesKilled + ", seed=" + seed);
    }

    private void killWhileItWrites() throws IOException {
        final Path errors = temp.resolve("errors");
        final Process child = ChildJvm.start(Child.class, errors, temp.toString());
        try (BufferedReader out = reader(child)) {
            final long until = acknowledged + ACKNOWLEDGE_EVERY * (20L + random.nextInt(100));
            while (acknowledged < until) {
                final String line = out.readLine();
                if (line == null) {
                    throw new AssertionError(ChildJvm.lastWords(child, errors));
                }
                acknowledge(line);
            }
            child.toHandle().destroyForcibly(); // and not the process, which would close what it has still to say
            acknowledgeRest(out);
        } finally {
            end(child);
        }
    }

    /** Kills some time after the child has begun to open; when that was too late, it was writing already. */
    private void killWhileItRecovers() throws Exception {
        final Path errors = temp.resolve("errors");
        final Process child = ChildJvm.start(Child.class, errors, temp.toString());
        try (BufferedReader out = reader(child)) {
            final String first = out.readLine();
            assertThat(first)
                    .as(() -> {
                        try {
                            return ChildJvm.lastWords(child, errors);
                        } catch (final IOException e) {
                            return e.toString();
                        }
                    })
                    .isEqualTo("opening");
            Thread.sleep(random.nextInt(400));
            child.toHandle().destroyForcibly();
            if (!acknowledgeRest(out)) {
                recoveriesKilled++;
            }
        } finally {
            end(child);
        }
    }

    private static BufferedReader reader(final Process child) {
        return new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII));
    }

    private static void end(final Process child) {
        child.destroyForcibly();
        boolean interrupted = false;
        while (child.isAlive()) {
            try {
                child.waitFor();
            } catch (final InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Reads what the child had said before it was killed; tells whether it had opened the store. */
    private boolean acknowledgeRest(final BufferedReader out) throws IOException {
        boolean opened = false;
        String line = out.readLine();
        while (line != null) {
            opened |= line.startsWith("opened ");
            acknowledge(line);
            line = out.readLine();
        }
        return opened;
    }

    private void acknowledge(final String line) {
        if (line.startsWith("opened ")) {
            assertThat(Long.parseLong(line.substring(7))).as("seed=" + seed).isGreaterThanOrEqualTo(acknowledged);
        } else if (line.matches("done \\d+000|done \\d+500|done 500")) { // a line that the kill has not cut off
            acknowledged = Math.max(acknowledged, Long.parseLong(line.substring(5)));
        }
    }

    private void check() {
        try (DurableStateStore store = DurableStateStore.open(context(temp))) {
            final LongLongState state = store.longLongState("s");
            final long count = state.get(COUNT_KEY, 0);
            assertThat(count).as("seed=" + seed).isGreaterThanOrEqualTo(acknowledged);
            for (long key = 0; key < KEYS; key++) {
                final long last = count - Math.floorMod(count - key, (long) KEYS);
                assertThat(state.get(key, 0)).as("key=" + key + " seed=" + seed).isEqualTo(Math.max(0, last));
            }
            state.checkInvariants();
            acknowledged = count;
        }
    }
}
