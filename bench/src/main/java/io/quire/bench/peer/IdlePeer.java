/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** No contestant: operations that do nothing, so that a latency run shows the machine's own pauses. */
final class IdlePeer implements Peer {
    @Override
    public String name() {
        return "idle";
    }

    @Override
    public boolean supports(final TableShape shape) {
        return true;
    }

    @Override
    public boolean keepsEntries() {
        return false;
    }

    @Override
    public boolean durable() {
        return true;
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        return Map.of("table", "none, the empty loop");
    }

    @Override
    public long nativeLength(final TableContext context) {
        return 0;
    }

    @Override
    public KeyedTable open(final TableContext context) {
        return new IdleTable();
    }

    private static final class IdleTable implements DurableTable {
        private long sum;

        @Override
        public long get(final long key) {
            return key;
        }

        @Override
        public void put(final long key, final long seed) {
            sum += seed;
        }

        @Override
        public long addAndGet(final long key, final long delta) {
            sum += delta;
            return sum;
        }

        @Override
        public void remove(final long key) {
            sum -= key;
        }

        @Override
        public long scan() {
            return sum;
        }

        @Override
        public long size() {
            return 0;
        }

        @Override
        public CompletableFuture<CheckpointCost> checkpoint() {
            return CompletableFuture.completedFuture(new CheckpointCost(0, 0, 0));
        }

        @Override
        public void close() {
            sum = 0;
        }
    }
}
