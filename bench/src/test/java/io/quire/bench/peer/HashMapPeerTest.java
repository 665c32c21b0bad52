/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.bench.work.AllocationMeter;
import io.quire.bench.work.KeySpace;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The map of boxed keys must be what somebody who cares for its speed would make of it. */
class HashMapPeerTest {
    private static final int ENTRY_COUNT = 10_000;

    /** A key in its box, rounded up; a value in one too would be 48. */
    private static final int BOX_LENGTH_MAX = 32;

    private final Peer peer = Peers.named("hashmap");
    private final TableContext context =
            new TableContext(TableShape.LONG_LONG, ENTRY_COUNT, 0, Path.of("unused"), false);

    @Test
    void shouldChangeALongValueWithoutANewObjectForIt() {
        final AllocationMeter meter = new AllocationMeter();
        try (KeyedTable table = peer.open(context)) {
            for (int i = 0; i < ENTRY_COUNT; i++) {
                table.put(KeySpace.keyOf(i), i);
            }

            final long before = meter.allocatedBytes();
            for (int i = 0; i < ENTRY_COUNT; i++) {
                table.put(KeySpace.keyOf(i), i + 1_000_000L);
            }
            final long afterPuts = meter.allocatedBytes();
            for (int i = 0; i < ENTRY_COUNT; i++) {
                table.addAndGet(KeySpace.keyOf(i), 1_000_000L);
            }
            final long afterAdds = meter.allocatedBytes();

            assertThat(afterPuts - before).isLessThan(ENTRY_COUNT * (long) BOX_LENGTH_MAX);
            assertThat(afterAdds - afterPuts).isLessThan(ENTRY_COUNT * (long) BOX_LENGTH_MAX);
        }
    }

    @Test
    void shouldRunOnTheCollectorForThroughputAndSayWhichItRunsOn() {
        assertThat(peer.jvmArguments()).contains("-XX:+UseParallelGC");
        assertThat(peer.settings(context).get("collector")).isEqualTo(HeapCollector.names());
        assertThat(HeapCollector.names()).isNotEmpty();
    }
}
