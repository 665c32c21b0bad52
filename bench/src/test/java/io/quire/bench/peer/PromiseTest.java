/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.contestant.ContestantProcess;
import io.quire.bench.contestant.Message;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.bench.work.KeyDistribution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Contestants that are compared for one promise keep it: what they have returned from survives the process. */
class PromiseTest {
    private static final int ENTRY_COUNT = 300;
    /** Odd, and so no multiple of the writes of any transaction. */
    private static final int CHANGE_COUNT = 77;

    @TempDir
    private Path directory;

    /** The sum over all entries as the process saw it before it was killed, and as another process finds it. */
    private List<Long> digestsAroundAKill(final String name) throws IOException {
        final Peer peer = Peers.named(name);
        final Path log = directory.resolve("contestant.log");
        final TableContext context = new TableContext(
                TableShape.LONG_LONG, ENTRY_COUNT, 10, Files.createDirectory(directory.resolve("data")), true);
        final long expected;
        try (ContestantProcess process = ContestantProcess.start(peer, context, List.of(), log)) {
            process.open(peer, context, KeyDistribution.UNIFORM, false);
            process.ask(Message.request("load"));
            process.ask(Message.request("checkpoint"));
            process.ask(Message.request("change").with("count", CHANGE_COUNT));
            expected = process.ask(Message.request("scan")).number("digest");
            process.kill();
        }
        try (ContestantProcess process = ContestantProcess.start(peer, context, List.of(), log)) {
            final Message found = process.openAndRead(peer, context, KeyDistribution.UNIFORM, false);
            return List.of(expected, found.number("digest"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "quire-process",
                "quire-process-subscribed",
                "quire-group",
                "rocksdb-wal",
                "lmdb-process",
                "lmdb-process-map"
            })
    void shouldLoseNothingWithTheProcess(final String name) throws IOException {
        final List<Long> digests = digestsAroundAKill(name);

        assertThat(digests.get(1)).isEqualTo(digests.get(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"quire", "rocksdb", "lmdb"})
    void shouldPromiseNothing(final String name) throws IOException {
        final List<Long> digests = digestsAroundAKill(name);

        assertThat(digests.get(1)).isNotEqualTo(digests.get(0));
    }

    /** Otherwise the writer would have been measured alone. */
    @Test
    void shouldHaveASubscriberThatIsHandedEveryChange() throws IOException {
        final TableContext context = new TableContext(
                TableShape.bytes(8, 100), ENTRY_COUNT, 0, Files.createDirectory(directory.resolve("data")), false);
        try (QuireBytesTable table =
                (QuireBytesTable) Peers.named("quire-process-subscribed").open(context)) {
            for (int i = 1; i <= ENTRY_COUNT; i++) {
                table.put(i, i);
            }
            table.settle();

            table.checkSettings();
            assertThat(table.subscribedChangeCount()).isGreaterThanOrEqualTo(ENTRY_COUNT);
        }
    }
}
