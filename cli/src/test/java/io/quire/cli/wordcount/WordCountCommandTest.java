/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.wordcount;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import io.quire.cli.CommandRunner;
import io.quire.cli.CommandRunner.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordCountCommandTest {
    @TempDir
    private Path directory;

    private String store;

    @BeforeEach
    void nameStore() {
        store = directory.resolve("store").toString();
    }

    @Test
    void shouldCountStandardInputAndAddToWhatIsThere() {
        assertThat(count("b a\na  nul\0 \u00E9")).isEqualTo("2\ta\n1\tb\n1\tnul\0\n1\t\u00E9\n");
        assertThat(count("a c")).isEqualTo("3\ta\n1\tb\n1\tc\n1\tnul\0\n1\t\u00E9\n");
    }

    @Test
    void shouldCountAFileOnceAndGoOnWhereItEnded() throws IOException {
        final Path file = write("text", "foo bar");
        assertThat(dumpAfter(file)).isEqualTo("1\tbar\n1\tfoo\n");
        final Outcome again = CommandRunner.run("wordcount", "--dir", store, "--dump", file.toString());
        assertThat(again.out()).isEqualTo("1\tbar\n1\tfoo\n");
        assertThat(again.err()).contains("nothing was left to count in 1 of the files");
        append(file, "bar baz");
        assertThat(dumpAfter(file)).isEqualTo("1\tbarbar\n1\tbaz\n1\tfoo\n");
        append(file, " ");
        append(file, "foo");
        assertThat(dumpAfter(file)).isEqualTo("1\tbarbar\n1\tbaz\n2\tfoo\n");
    }

    @Test
    void shouldKnowAFileByItsRealPath() throws IOException {
        final Path file = write("text", "one");
        final Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        assertThat(dumpAfter(file, link, file, directory.resolve("./text"))).isEqualTo("1\tone\n");
        assertThat(dumpAfter(Files.createLink(directory.resolve("hard"), file))).isEqualTo("2\tone\n");
    }

    @Test
    void shouldContinueALongLastWord() throws IOException {
        final String half = "x".repeat(60_000);
        final Path file = write("text", "a " + half);
        assertThat(dumpAfter(file)).isEqualTo("1\ta\n1\t" + half + "\n");
        append(file, half);
        assertThat(dumpAfter(file)).isEqualTo("1\ta\n1\t" + half + half + "\n");
        append(file, " " + half + " b");
        assertThat(dumpAfter(file)).isEqualTo("1\ta\n1\tb\n1\t" + half + "\n1\t" + half + half + "\n");
    }

    @Test
    void shouldRefuseAFileThatWasTruncatedOrReplaced() throws IOException {
        final Path file = write("text", "one two three four");
        dumpAfter(file);
        Files.writeString(file, "one two");
        assertFails(CommandRunner.run("wordcount", "--dir", store, file.toString()), "truncated or replaced", "/text'");
        Files.writeString(file, "one two THREE four five");
        assertFails(CommandRunner.run("wordcount", "--dir", store, file.toString()), "replaced or rewritten", "/text'");
        Files.writeString(file, "one two three four five");
        assertThat(dumpAfter(file)).isEqualTo("1\tfive\n1\tfour\n1\tone\n1\tthree\n1\ttwo\n");
    }

    @Test
    void shouldCountNothingWhenOneFileCannotBeRead() throws IOException {
        final Path file = write("text", "one");
        final String name = file.toString();
        assertFails(CommandRunner.run("wordcount", "--dir", store, name, name + "-not"), "no such file", "text-not'");
        assertFails(CommandRunner.run("wordcount", "--dir", store, name, directory.toString()), "is a directory");
        assertFails(CommandRunner.run("wordcount", "--dir", store, name, "/dev/null"), "not a regular file");
        assertFails(CommandRunner.run("wordcount", "--dir", store, name, ""), "no such file");
        assertThat(Path.of(store)).doesNotExist();
    }

    @Test
    void shouldSayWhatIsWrongWithTheCommandLine() {
        assertUsage(CommandRunner.run("wordcount"), "--dir DIR is missing");
        assertUsage(CommandRunner.run("wordcount", "--dir", store, "--top", "0"), "--top must be at least 1");
        assertUsage(CommandRunner.run("wordcount", "--dir", store, "--top", "many"), "--top");
        assertUsage(CommandRunner.run("wordcount", "--dir", store, "--interval", "soon"), "'soon' is not a duration");
        assertUsage(CommandRunner.run("wordcount", "--dir", store, "--durability", "always"), "--durability");
        assertUsage(CommandRunner.run("wordcount", "--dir", store, "--no-input", "file"), "exclude each other");
        assertThat(Path.of(store)).doesNotExist();
    }

    @Test
    void shouldPrintTheMostFrequentWordsFirst() throws IOException {
        final Path file = write("text", "c b b a a d d d");
        assertThat(CommandRunner.run("wordcount", "--dir", store, "--top", "3", file.toString())
                        .out())
                .isEqualTo("3\td\n2\ta\n2\tb\n");
        assertThat(CommandRunner.run("wordcount", "--dir", store, "--top", "1", "--dump", "--no-input")
                        .out())
                .isEqualTo("3\td\n\n2\ta\n2\tb\n1\tc\n3\td\n");
    }

    @Test
    void shouldPrintOnlyWhenAskedTo() {
        assertFails(CommandRunner.run("wordcount", "--dir", store, "--no-input", "--dump"), "there is no store in");
        count("x");
        assertThat(CommandRunner.run("wordcount", "--dir", store, "--no-input", "--dump"))
                .isEqualTo(new Outcome(0, "1\tx\n", ""));
    }

    @Test
    void shouldTakeEmptyFilesAndAllDurabilities() throws IOException {
        final Path empty = write("empty", "");
        final Path blank = write("blank", " \n");
        for (final String durability : new String[] {"none", "process", "group", "sync"}) {
            final Path file = write(durability, "w " + durability);
            final Outcome outcome = CommandRunner.run(
                    "wordcount",
                    "--dir",
                    store,
                    "--durability",
                    durability,
                    "--interval",
                    "0",
                    empty.toString(),
                    blank.toString(),
                    file.toString());
            assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        }
        assertThat(CommandRunner.run("wordcount", "--dir", store, "--no-input", "--dump")
                        .out())
                .isEqualTo("1\tgroup\n1\tnone\n1\tprocess\n1\tsync\n4\tw\n");
    }

    @Test
    void shouldReportAStoreThatIsOpenElsewhere() {
        count("x");
        try (DurableStateStore other = DurableStateStore.open(Path.of(store))) {
            assertThat(other.bytesState("words").size()).isEqualTo(1);
            assertFails(CommandRunner.run("wordcount", "--dir", store, "--no-input", "--dump"), "open");
        }
    }

    @Test
    void shouldReportADirectoryThatIsNone() throws IOException {
        final Path file = write("file", "x");
        assertFails(CommandRunner.run("wordcount", "--dir", file.toString(), file.toString()), "file");
    }

    private String count(final String input) {
        final Outcome outcome = CommandRunner.runWithInput(input, "wordcount", "--dir", store, "--dump", "--quiet");
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.exitCode()).isZero();
        return outcome.out();
    }

    private String dumpAfter(final Path... files) {
        final String[] arguments = new String[5 + files.length];
        arguments[0] = "wordcount";
        arguments[1] = "--dir";
        arguments[2] = store;
        arguments[3] = "--dump";
        arguments[4] = "--quiet";
        for (int i = 0; i < files.length; i++) {
            arguments[5 + i] = files[i].toString();
        }
        final Outcome outcome = CommandRunner.run(arguments);
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.exitCode()).isZero();
        return outcome.out();
    }

    private static void assertFails(final Outcome outcome, final String... parts) {
        assertThat(outcome.exitCode()).as(outcome.err()).isEqualTo(3);
        assertThat(outcome.err()).startsWith("quire: ").contains(parts).doesNotContain("Exception");
        assertThat(outcome.err().lines()).hasSize(1);
        assertThat(outcome.out()).isEmpty();
    }

    private static void assertUsage(final Outcome outcome, final String part) {
        assertThat(outcome.exitCode()).as(outcome.err()).isEqualTo(2);
        assertThat(outcome.err()).startsWith("quire: ").contains(part).contains("see 'quire wordcount --help'");
        assertThat(outcome.err().lines()).hasSize(1);
    }

    private Path write(final String name, final String content) throws IOException {
        return Files.write(directory.resolve(name), content.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void append(final Path file, final String content) throws IOException {
        Files.write(file, content.getBytes(StandardCharsets.ISO_8859_1), StandardOpenOption.APPEND);
    }
}
