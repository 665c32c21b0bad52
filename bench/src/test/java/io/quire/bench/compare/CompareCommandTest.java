/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import io.quire.bench.contestant.ContestantMain;
import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CompareCommandTest {
    @TempDir
    private Path directory;

    private final StringWriter errors = new StringWriter();

    private int run(final String... arguments) {
        final CommandLine line = CompareCommand.commandLine();
        line.setErr(new PrintWriter(errors));
        return line.execute(arguments);
    }

    private int tiny(final Path out, final String peers) {
        return run(
                "--entries=2000",
                "--shapes=long-long",
                "--work=get,rmw",
                "--forks=1",
                "--iterations=2",
                "--iteration-ms=2",
                "--warm-ms=2",
                "--repeats=0",
                "--no-pin",
                "--probe-mib=4",
                "--data=" + directory,
                "--peers=" + peers,
                "--out=" + out);
    }

    @Test
    void shouldCompareInJvmsOfTheirOwnAndLeaveRawData() throws IOException {
        final Path out = directory.resolve("out");

        assertThat(tiny(out, "quire,floor")).isZero();

        assertThat(Files.readString(out.resolve("table.txt"))).contains("quire", "floor", "get", "rmw");
        final Map<String, Object> result = JSON.std.mapFrom(Files.readString(out.resolve("result.json")));
        assertThat(result).containsKeys("machine", "plan", "rule", "pinning", "contestants", "summary", "cells");
        // Two loads, and two works with two iterations each for two contestants.
        assertThat((List<?>) result.get("cells")).hasSize(10);
        assertThat(CsvFile.read(out.resolve("cells.csv"))).hasSize(10);
        assertThat(CsvFile.read(out.resolve("summary.csv"))).hasSize(6);
        assertThat(Files.readString(out.resolve("units.jsonl"))).contains("fork-1");
        try (var left = Files.list(directory)) {
            assertThat(left).as("scratch directories are deleted").containsExactly(out);
        }
    }

    @Test
    void shouldNotMeasureAgainWhatIsComplete() throws IOException {
        final Path out = directory.resolve("out");
        tiny(out, "floor");
        final String cells = Files.readString(out.resolve("cells.jsonl"));

        assertThat(tiny(out, "floor")).isZero();

        assertThat(Files.readString(out.resolve("cells.jsonl"))).isEqualTo(cells);
    }

    /** Two and a half seconds. */
    @Test
    void shouldEndWithTheSameCellsWhenItWasKilledHalfWay() throws IOException, InterruptedException {
        final Path out = directory.resolve("out");
        final Path units = out.resolve("units.jsonl");
        final List<String> arguments = List.of(
                "--entries=2000",
                "--shapes=long-long",
                "--work=load,get",
                "--forks=3",
                "--iterations=2",
                "--iteration-ms=2",
                "--warm-ms=2",
                "--repeats=0",
                "--no-pin",
                "--probe-mib=4",
                "--data=" + directory,
                "--peers=floor",
                "--out=" + out);
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                CompareCommand.class.getName()));
        command.addAll(arguments);
        final Process killed = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("killed.txt").toFile())
                .start();
        try {
            while (killed.isAlive() && !(Files.exists(units) && Files.size(units) > 0)) {
                Thread.sleep(1);
            }
        } finally {
            killed.destroyForcibly().waitFor();
        }
        assertThat(out.resolve("result.json")).as("what it writes at its end").doesNotExist();
        final List<String> unitsBefore = Files.readAllLines(units);
        final List<Map<String, Object>> cellsBefore = cellsOf(out, unitsBefore.size());
        assertThat(unitsBefore).hasSizeBetween(1, 2);

        assertThat(run(arguments.toArray(String[]::new))).isZero();

        assertThat(Files.readAllLines(units)).hasSize(3).startsWith(unitsBefore.get(0));
        final List<Message> cells = CsvFile.read(out.resolve("cells.csv"));
        assertThat(cells.stream().map(CompareCommandTest::nameOf))
                .as("each fork has one load and two iterations, once")
                .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, 3)
                        .boxed()
                        .flatMap(fork -> Stream.of(fork + " load 1", fork + " get 1", fork + " get 2"))
                        .toList());
        assertThat(cellsOf(out, unitsBefore.size()))
                .as("what was complete is kept")
                .isEqualTo(cellsBefore);
    }

    private static String nameOf(final Message cell) {
        return cell.text("fork") + " " + cell.text("work") + " " + cell.text("iteration");
    }

    /** The cells of the first forks. */
    private static List<Map<String, Object>> cellsOf(final Path out, final int forkCount) throws IOException {
        return Files.readAllLines(out.resolve("cells.jsonl")).stream()
                .filter(line -> line.endsWith("}"))
                .map(Message::parse)
                .filter(cell -> cell.number("fork") <= forkCount)
                .map(Message::fields)
                .toList();
    }

    @Test
    void shouldRefuseToMixPlans() {
        final Path out = directory.resolve("out");
        tiny(out, "floor");

        assertThat(tiny(out, "agrona")).isEqualTo(2);
        assertThat(errors.toString()).contains("another plan").contains("--fresh");
    }

    /** A contestant that is killed while it is loaded. Two seconds. */
    @Test
    void shouldSayWhoFailedAndMeasureItAgain() throws IOException, InterruptedException {
        final Path out = directory.resolve("out");
        final Thread killer = new Thread(() -> killContestantsUntil(out.resolve("result.json")));
        killer.start();
        final int status;
        try {
            status = tiny(out, "floor");
        } finally {
            killer.interrupt();
            killer.join();
        }

        assertThat(status).isEqualTo(1);
        assertThat(errors.toString()).contains("bench: failed: floor (long-long/2000/uniform/fork-1)", "--out");
        assertThat(out.resolve("units.jsonl")).isEmptyFile();
        assertThat(Files.readString(out.resolve("contestants.json"))).contains("FAILED in fork 1");

        assertThat(tiny(out, "floor")).isZero();

        assertThat(Files.readString(out.resolve("units.jsonl"))).contains("fork-1");
        assertThat(Files.readString(out.resolve("contestants.json"))).doesNotContain("FAILED");
    }

    /**
     * Kills them only, once their own program runs: a child that is still on its way to it is a part of this JVM, which
     * then reports that it could not start one.
     */
    private static void killContestantsUntil(final Path end) {
        while (!Files.exists(end) && !Thread.currentThread().isInterrupted()) {
            ProcessHandle.current()
                    .children()
                    .filter(CompareCommandTest::isContestant)
                    .forEach(ProcessHandle::destroyForcibly);
            Thread.onSpinWait();
        }
    }

    /** From the file itself, for {@link ProcessHandle.Info} cuts command lines, and a class path is long. */
    private static boolean isContestant(final ProcessHandle child) {
        try {
            return Files.readString(Path.of("/proc/" + child.pid() + "/cmdline"))
                    .contains(ContestantMain.class.getName());
        } catch (final IOException e) {
            // It has ended.
            return false;
        }
    }

    private void refuses(final String message, final String... arguments) {
        final Path out = directory.resolve("refused");
        final String[] all =
                Stream.concat(Stream.of("--out=" + out), Stream.of(arguments)).toArray(String[]::new);

        assertThat(run(all)).isEqualTo(2);
        assertThat(errors.toString()).contains(message);
        assertThat(out).as("nothing is made").doesNotExist();
    }

    @Test
    void shouldRefuseOptionsThatMakeNoSense() {
        refuses("--probe-mib must be from 1 to 8192: found=0", "--probe-mib=0");
        refuses("--probe-mib must be from 1 to 8192: found=100000", "--probe-mib=100000");
        refuses("--forks must be from 1 to 1000: found=0", "--forks=0");
        refuses("--iterations must be from 1 to 1000: found=-1", "--iterations=-1");
        refuses("--iteration-ms must be from 1 to 3600000: found=0", "--iteration-ms=0");
        refuses("--warm-ms must be from 0 to 3600000: found=-1", "--warm-ms=-1");
        refuses("--repeats must be from 0 to 1000: found=-1", "--repeats=-1");
        refuses("--entries must be from 1 to 1500000000: found=0", "--entries=1000,0");
        refuses("--entries names one twice: found=5", "--entries=5,5");
        refuses("--peers names one twice: found=quire", "--peers=quire,floor,quire");
        refuses("--work names one twice: found=GET", "--work=get,put,get");
        refuses("--data must be a directory that can be written to", "--data=" + directory.resolve("absent"));
    }

    @Test
    void shouldNameAnUnknownPeerOrWork() {
        assertThat(run("--peers=quire,oracle")).isEqualTo(2);
        assertThat(errors.toString()).contains("no such peer: found=oracle");
        assertThat(run("--work=fly")).isEqualTo(2);
        assertThat(errors.toString()).contains("no such work: found=fly");
        assertThat(run("--shapes=3x3")).isEqualTo(2);
        assertThat(errors.toString()).contains("key length must be a multiple of 8");
    }
}
