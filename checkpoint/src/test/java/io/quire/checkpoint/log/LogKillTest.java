/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.ChildJvm;
import io.quire.store.Durability;
import io.quire.store.changelog.ChangeLog;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills child processes with SIGKILL and looks for what they had acknowledged. */
class LogKillTest {
    @TempDir
    Path root;

    /** Writes 0, 1, 2, ... behind what it finds, and prints how far it is. */
    static final class Child {
        private Child() {}

        public static void main(final String[] args) {
            final LogFixture fixture = new LogFixture(Path.of(args[0]));
            fixture.settings = LogSettings.defaults(Durability.valueOf(args[1])).withSegmentLength(1 << 20);
            fixture.ringCapacity = 1 << 18;
            fixture.open();
            final LogIdleStrategy idleStrategy = new LogIdleStrategy();
            final LogAgent agent = new LogAgent(
                    fixture.ring, fixture.writer, fixture.settings, fixture.failStop, idleStrategy, System::nanoTime);
            final ChangeLog log = new ChangeLog(
                    fixture.ring,
                    fixture.failStop,
                    new BackoffIdleStrategy(1, 1, 1000, 100_000),
                    idleStrategy,
                    System::nanoTime);
            AgentRunner.startOnThread(new AgentRunner(idleStrategy, Throwable::printStackTrace, null, agent));
            final boolean isForced = fixture.settings.durability() == Durability.SYNC;
            write(log, fixture.replayed.size(), isForced ? () -> agent.awaitForced(log.position()) : () -> {});
        }

        private static void write(final ChangeLog log, final long from, final Runnable acknowledge) {
            final PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
            out.println(from);
            long told = from;
            for (long i = from; ; ) {
                if (i % 3 == 0) {
                    log.beginGroup();
                    for (int k = 0; k < 7; k++) {
                        log.putLong(1, i++, k);
                    }
                    log.commitGroup();
                } else {
                    log.putLong(1, i++, 0);
                }
                acknowledge.run();
                if (i - told >= 1000) {
                    out.println(i);
                    told = i;
                    pause();
                }
            }
        }

        private static void pause() {
            try {
                // Keeps the log small however fast the machine: both sides hold every record on the heap.
                Thread.sleep(1);
            } catch (final InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void killAgainAndAgain(final Durability durability, final int killCount) throws Exception {
        final long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=LogKillTest -Dseed=" + seed);
        final Random random = new Random(seed);
        for (int kill = 0; kill < killCount; kill++) {
            final Path errorFile = root.resolve("child.err");
            final Process child =
                    ChildJvm.start(Child.class, errorFile, root.resolve("store").toString(), durability.name());
            try (BufferedReader reader =
                    new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
                long acknowledged = readLine(child, errorFile, reader, 0); // it has started
                if (kill % 3 != 2) {
                    final long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(20 + random.nextInt(300));
                    while (System.nanoTime() < deadline) {
                        acknowledged = readLine(child, errorFile, reader, acknowledged);
                    }
                }
                child.toHandle().destroyForcibly(); // unlike destroying the process, leaves its output readable
                String line = reader.readLine();
                while (line != null) {
                    acknowledged = parse(line, acknowledged);
                    line = reader.readLine();
                }
                assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
                checkNothingLost(durability, acknowledged);
            } finally {
                child.destroyForcibly();
            }
        }
    }

    private static long readLine(
            final Process child, final Path errorFile, final BufferedReader reader, final long before)
            throws Exception {
        final String line = reader.readLine();
        if (line == null) {
            child.waitFor(30, TimeUnit.SECONDS);
            throw new AssertionError(ChildJvm.lastWords(child, errorFile));
        }
        return parse(line, before);
    }

    /** The last line may be cut by the kill: then it is smaller. */
    private static long parse(final String line, final long before) {
        return line.isEmpty() ? before : Math.max(before, Long.parseLong(line));
    }

    private void checkNothingLost(final Durability durability, final long acknowledged) {
        try (LogFixture fixture = new LogFixture(root.resolve("store"))) {
            fixture.settings = LogSettings.defaults(durability);
            fixture.replay().close();
            assertThat((long) fixture.replayed.size()).isGreaterThanOrEqualTo(acknowledged);
            for (int i = 0; i < fixture.replayed.size(); i++) {
                assertThat(fixture.replayed.get(i).keyAsLong()).isEqualTo(i);
            }
        }
    }

    @Test
    void shouldLoseNothingAcknowledgedWhenKilled() throws Exception {
        killAgainAndAgain(Durability.PROCESS, 5);
    }

    @Test
    void shouldLoseNothingForcedOnTheWritersThreadWhenKilled() throws Exception {
        killAgainAndAgain(Durability.SYNC, 3);
    }

    @Test
    @Tag("slow")
    void shouldLoseNothingAcknowledgedWhenKilledOften() throws Exception {
        killAgainAndAgain(Durability.PROCESS, 60);
    }
}
