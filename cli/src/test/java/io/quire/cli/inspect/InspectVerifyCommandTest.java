/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import io.quire.cli.CommandRunner;
import io.quire.cli.CommandRunner.Outcome;
import io.quire.store.LongLongState;
import io.quire.store.TimeToLive;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.codec.Codecs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectVerifyCommandTest {
    @TempDir
    private Path directory;

    private Path store;

    @BeforeEach
    void fillStore() {
        store = directory.resolve("store");
        try (DurableStateStore opened = DurableStateStore.open(store)) {
            final LongLongState visits = opened.longLongState("visits");
            for (int i = 0; i < 1234; i++) {
                visits.put(i, i);
            }
            opened.valueState("na\u001bmes", Codecs.LONG, Codecs.STRING).put(1L, "one");
            opened.state(TypedStateDescriptor.value("short", Codecs.LONG, Codecs.STRING)
                    .withTimeToLive(TimeToLive.ofMillis(1_500)));
        }
    }

    @Test
    void shouldShowStatesCheckpointsAndLog() {
        final Outcome outcome = CommandRunner.run("inspect", store.toString());
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        assertThat(outcome.out())
                .contains("open         no", "visits", "LONG_LONG", "1,234", "checkpoint-0000000000000001", "log-")
                .contains("na?mes", "quire.string v1, expiry 1500 ms after write")
                .containsPattern("payload +memory +bytes/entry +free\n")
                .containsPattern("visits .* 1,234 +[0-9.]+ [kM]?B +[0-9.]+ [kM]?B +[0-9]+\\.[0-9] +[0-9]+ %\n")
                .doesNotContain("\u001b");
    }

    record VisitV1(int count) {}

    record VisitV2(long count, String page) {}

    @Test
    void shouldShowCodecsAndSchemasOfEachRole() {
        try (DurableStateStore opened = DurableStateStore.open(store)) {
            opened.state(TypedStateDescriptor.map("pages", Codecs.UUID, Codecs.INT, Codecs.DOUBLE), Codecs.INSTANT);
            opened.valueState("last", Codecs.LONG, Codecs.record(VisitV1.class));
            opened.valueState("last", Codecs.LONG, Codecs.record(VisitV2.class));
        }
        final String text = CommandRunner.run("inspect", store.toString()).out();
        assertThat(text)
                .contains("namespace codec", "map key codec")
                .containsPattern(
                        "pages +[0-9]+ +MAP +quire.uuid v1 +quire.instant v1 +quire.int v1 +quire.double v1 +0")
                .containsPattern("visits +[0-9]+ +LONG_LONG +- +- +- +- +1,234")
                .containsPattern("schemas +role +mark +writes +codec +schema")
                .containsPattern("pages +MAP_KEY +0 +yes +quire.int v1 +int")
                .containsPattern("last +VALUE +0 +no +quire.record v1 +record\\(count:int\\)")
                .containsPattern("last +VALUE +1 +yes +quire.record v1 +record\\(count:long,page:string\\?\\)");
        assertThat(CommandRunner.run("inspect", "--format", "json", store.toString())
                        .out())
                .contains("\"role\": \"NAMESPACE\"", "\"schema\": \"record(count:int)\"", "\"writes\": false");
    }

    @Test
    void shouldShowWhoHasTheStoreOpen() {
        try (DurableStateStore opened = DurableStateStore.open(store)) {
            assertThat(opened.longLongState("visits").size()).isEqualTo(1234);
            assertThat(CommandRunner.run("inspect", store.toString()).out())
                    .contains("open         process " + ProcessHandle.current().pid() + ", since ")
                    .contains("live memory  " + opened.status().liveMemory());
            assertThat(opened.status().liveMemory()).matches(".*, (mapped ahead|touched|zeros written)");
            assertThat(CommandRunner.run("inspect", "--format", "json", store.toString())
                            .out())
                    .contains("\"liveMemory\": \"" + opened.status().liveMemory() + "\"");
            assertThat(CommandRunner.run("verify", store.toString()).exitCode()).isZero();
        }
    }

    @Test
    void shouldWriteJsonThatSaysTheSame() {
        final Outcome outcome = CommandRunner.run("inspect", "--format", "json", store.toString());
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        assertThat(outcome.out())
                .startsWith("{\n  \"directory\": \"")
                .endsWith("\n}\n")
                .contains(
                        "\"name\": \"visits\"",
                        "\"entryCount\": 1234",
                        "\"name\": \"na\\u001bmes\"",
                        "\"valueSchema\": \"string\"",
                        "\"expiry\": \"1500 ms after write\"",
                        "\"open\": false")
                .containsPattern("\"bytesPerEntry\": [1-9][0-9]*\\.[0-9]+,")
                .containsPattern("\"freeShare\": [0-9]\\.[0-9E-]+,");
        assertThat(outcome.out().chars().filter(c -> c == '{').count())
                .isEqualTo(outcome.out().chars().filter(c -> c == '}').count());
    }

    @Test
    void shouldVerifyAGoodStore() {
        for (final String[] arguments : List.of(
                new String[] {"verify", store.toString()}, new String[] {"verify", "--structures", store.toString()})) {
            final Outcome outcome = CommandRunner.run(arguments);
            assertThat(outcome.exitCode()).as(outcome.out() + outcome.err()).isZero();
            assertThat(outcome.out()).startsWith("ok: ");
        }
        assertThat(CommandRunner.run("verify", "--quiet", store.toString())).isEqualTo(new Outcome(0, "", ""));
    }

    @Test
    void shouldNameEachBadFileWithItsOffset() throws IOException {
        final Path file = store.resolve("checkpoint-0000000000000001");
        final byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        final Outcome outcome = CommandRunner.run("verify", store.toString());
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.out())
                .containsPattern("checkpoint-0000000000000001:[0-9]+: ")
                .contains("1 problem: ");
        Files.delete(file);
        assertThat(CommandRunner.run("verify", store.toString()).exitCode()).isEqualTo(1);
    }

    @Test
    void shouldNameTheOffsetOfADamagedHeaderAndFooter() throws IOException {
        final Path file = store.resolve("checkpoint-0000000000000001");
        final byte[] bytes = Files.readAllBytes(file);
        for (final int offset : new int[] {0, bytes.length - 24}) {
            bytes[offset] ^= 1;
            Files.write(file, bytes);
            bytes[offset] ^= 1;
            assertThat(CommandRunner.run("verify", store.toString()).out())
                    .contains("checkpoint-0000000000000001:" + offset + ": ");
        }
    }

    @Test
    void shouldMissTheChangeLog() throws IOException {
        try (Stream<Path> segments = Files.list(store.resolve("log"))) {
            for (final Path segment : segments.toList()) {
                Files.delete(segment);
            }
        }
        Files.delete(store.resolve("log"));
        final Outcome outcome = CommandRunner.run("verify", store.toString());
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.out()).contains("the change log is missing", "1 problem: ");
    }

    @Test
    void shouldReportADirectoryThatIsNoStore() {
        for (final String command : List.of("inspect", "verify")) {
            final Outcome none =
                    CommandRunner.run(command, directory.resolve("none").toString());
            assertThat(none.exitCode()).isEqualTo(3);
            assertThat(none.err()).startsWith("quire: ").contains("none");
            assertThat(CommandRunner.run(command).exitCode()).isEqualTo(2);
        }
        assertThat(directory.resolve("none")).doesNotExist();
    }
}
