/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.quire.checkpoint.DurableStateStore;
import io.quire.cli.ChildProcess;
import io.quire.cli.CommandRunner;
import io.quire.cli.ExitCode;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code quire log --follow} as a process, beside another that writes, dies and comes again. */
@Timeout(300)
class LogFollowTest {
    private static final int KILL_COUNT = 3;
    private static final int COUNTS_PER_LIFE = 2_500;
    private static final int INTERRUPTED = 128 + 2;
    private static final int TERMINATED = 128 + 15;

    @TempDir
    private Path directory;

    private Process follower;
    private Process writer;

    /** Opened once more, the store takes away what a killed writer has left in memory files. */
    @AfterEach
    void killWhoIsLeft() throws InterruptedException {
        for (final Process process : new Process[] {follower, writer}) {
            if (process != null) {
                process.destroyForcibly().waitFor();
            }
        }
        if (Files.exists(store())) {
            DurableStateStore.open(store()).close();
        }
    }

    private Path store() {
        return directory.resolve("store");
    }

    private Path followed() {
        return directory.resolve("followed");
    }

    private String errors() throws IOException {
        return Files.readString(directory.resolve("follower.err"));
    }

    private void startWriter(final long end) throws IOException {
        writer = ChildProcess.start(
                FollowedWriter.class,
                directory.resolve("writer.out"),
                directory.resolve("writer.err"),
                store().toString(),
                followed().toString(),
                Long.toString(end));
    }

    /** From the very beginning, and no oldest checkpoint: it may be a later one by then. */
    private void startFollower(final String... more) throws IOException, InterruptedException {
        while (CommandRunner.run("log", "--limit=1", store().toString()).out().isEmpty()) {
            assertThat(writer.isAlive()).isTrue();
            Thread.sleep(20);
        }
        final String[] arguments = Stream.concat(
                        Stream.of("log", "--follow", "--from=0", "--state=" + FollowedWriter.STATE),
                        Stream.concat(Stream.of(more), Stream.of(store().toString())))
                .toArray(String[]::new);
        follower = ChildProcess.start(followed(), directory.resolve("follower.err"), arguments);
    }

    private void awaitCount(final long count) throws IOException, InterruptedException {
        while (FollowedWriter.lastCount(followed()) < count) {
            assertThat(follower.isAlive()).as(errors()).isTrue();
            assertThat(writer.isAlive() || writer.exitValue() == 0)
                    .as(Files.readString(directory.resolve("writer.err")))
                    .isTrue();
            Thread.sleep(20);
        }
    }

    /** Ends the follower as a terminal or a supervisor would, and gives its exit code. */
    private int signal(final String name) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(follower.pid()))
                        .start()
                        .waitFor())
                .isZero();
        assertThat(follower.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return follower.exitValue();
    }

    /** Each count once and in order, and each line whole. */
    private void assertCountedTo(final long end) throws IOException {
        final String text = Files.readString(followed());
        assertThat(text).endsWith("\n");
        final List<String> lines = text.lines().toList();
        assertThat(lines.get(0)).endsWith("\t" + FollowedWriter.STATE + "\tcreate\tLONG_LONG");
        assertThat(lines).hasSize((int) end + 1);
        long position = 0;
        for (int i = 1; i <= end; i++) {
            final String[] fields = lines.get(i).split("\t");
            assertThat(fields).containsExactly(fields[0], FollowedWriter.STATE, "put", "0", Integer.toString(i));
            assertThat(Long.parseLong(fields[0])).isGreaterThan(position);
            position = Long.parseLong(fields[0]);
        }
    }

    @Test
    void shouldFollowOverRollsDeletionsAndKillsUntilItIsTerminated() throws IOException, InterruptedException {
        startWriter(Long.MAX_VALUE);
        startFollower();
        for (int i = 1; i <= KILL_COUNT; i++) {
            awaitCount((long) i * COUNTS_PER_LIFE);
            writer.destroyForcibly().waitFor();
            startWriter(Long.MAX_VALUE);
        }
        final long end = (KILL_COUNT + 2L) * COUNTS_PER_LIFE;
        writer.destroyForcibly().waitFor();
        startWriter(end); // closes the store in order
        awaitCount(end);
        assertThat(writer.waitFor()).isZero();

        assertThat(follower.isAlive()).as("the next owner is waited for").isTrue();
        assertThat(signal("TERM")).as(errors()).isEqualTo(TERMINATED);
        assertThat(errors()).isEmpty();
        assertCountedTo(end);
        final CommandRunner.Outcome deleted = CommandRunner.run("log", "--from=0", store().toString());
        assertThat(deleted.exitCode()).as("what it began with is deleted").isEqualTo(ExitCode.STORE_ERROR);
        assertThat(deleted.err()).contains("oldest=");
    }

    @Test
    void shouldEndBesideARunningWriterWhenItIsInterrupted() throws IOException, InterruptedException {
        assumeFalse(ignoresInterrupts(), "processes that were started in the background of a script do");
        startWriter(Long.MAX_VALUE);
        startFollower();
        awaitCount(50);

        assertThat(signal("INT")).as(errors()).isEqualTo(INTERRUPTED);
        assertThat(errors()).isEmpty();
        assertThat(writer.isAlive()).isTrue();
        assertCountedTo(FollowedWriter.lastCount(followed()));
    }

    @Test
    void shouldEndByItselfAtALimit() throws IOException, InterruptedException {
        startWriter(Long.MAX_VALUE);
        startFollower("--limit=41");

        assertThat(follower.waitFor()).as(errors()).isZero();
        assertCountedTo(40);
    }

    /** Whether children of this process ignore SIGINT, as far as the system tells. */
    private static boolean ignoresInterrupts() throws IOException {
        final Path status = Path.of("/proc/self/status");
        return Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .anyMatch(line -> new BigInteger(line.split("\\s+")[1], 16).testBit(1));
    }
}
