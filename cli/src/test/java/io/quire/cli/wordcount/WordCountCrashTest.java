/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.cli.ChildProcess;
import io.quire.cli.CommandRunner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills the counting process for real. */
class WordCountCrashTest {
    private static final int KILLS = 5;
    private static final int FILES = 3;

    @TempDir
    private Path directory;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @Test
    void shouldCountExactlyThoughKilledAgainAndAgain() throws IOException, InterruptedException {
        System.out.println("seed=" + seed + " replay: mvn test -pl cli -am -Dtest=WordCountCrashTest -Dseed=" + seed);
        final List<String> arguments = new ArrayList<>(List.of(
                "wordcount",
                "--dir",
                directory.resolve("store").toString(),
                "--interval",
                "50ms",
                "--chunk-length",
                "16384"));
        final byte[][] contents = new byte[FILES][];
        for (int i = 0; i < FILES; i++) {
            contents[i] = text(4_000_000);
            arguments.add(
                    Files.write(directory.resolve("file" + i), contents[i]).toString());
        }
        final Path out = directory.resolve("out");
        final Path err = directory.resolve("err");
        int killed = 0;
        for (int i = 0; i < KILLS; i++) {
            final Process process = ChildProcess.start(out, err, arguments.toArray(new String[0]));
            if (process.waitFor(150 + random.nextInt(600), TimeUnit.MILLISECONDS)) {
                assertThat(process.exitValue()).as(Files.readString(err)).isZero();
                break;
            }
            process.destroyForcibly().waitFor();
            killed++;
        }
        arguments.add("--dump");
        final CommandRunner.Outcome outcome = CommandRunner.run(arguments.toArray(new String[0]));
        assertThat(outcome.exitCode()).as("%s, seed %d", outcome.err(), seed).isZero();
        assertThat(outcome.out().equals(WordModel.dump(WordModel.count(contents))))
                .as("counts are those of the model after %d kills, seed %d", killed, seed)
                .isTrue();
    }

    private byte[] text(final int length) throws IOException {
        final ByteArrayOutputStream text = new ByteArrayOutputStream(length + 100_000);
        while (text.size() < length) {
            if (random.nextInt(20_000) == 0) {
                text.write("L".repeat(1 + random.nextInt(90_000)).getBytes(StandardCharsets.US_ASCII));
            } else {
                final int number = (int) Math.exp(random.nextDouble() * 11);
                text.write(Integer.toString(number, 36).getBytes(StandardCharsets.US_ASCII));
            }
            text.write(" \n\t".charAt(random.nextInt(3)));
        }
        text.write("end".getBytes(StandardCharsets.US_ASCII));
        return text.toByteArray();
    }
}
