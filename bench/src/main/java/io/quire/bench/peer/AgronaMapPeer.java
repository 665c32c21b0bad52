/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.collections.Long2LongHashMap;

/**
 * Agrona's {@code Long2LongHashMap}, on the heap.
 *
 * <p>Settings: default load factor of 0.65 and default capacity, so that loading includes its rehashes; the heap is
 * fixed, touched beforehand and has room for the old and the new array of the last rehash.
 */
final class AgronaMapPeer implements Peer {
    private static final long HEAP_SPARE_LENGTH = 512L << 20;
    private static final int ENTRY_LENGTH_MAX = 120;

    @Override
    public String name() {
        return "agrona";
    }

    @Override
    public boolean supports(final TableShape shape) {
        return shape.longValues();
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        final Map<String, String> settings = new LinkedHashMap<>();
        settings.put("table", "Long2LongHashMap");
        settings.put("loadFactor", "0.65");
        settings.put("heap", Long.toString(heapLength(context)));
        settings.put("collector", HeapCollector.names());
        settings.put("durability", "none");
        return settings;
    }

    @Override
    public List<String> jvmArguments() {
        return List.of("-XX:+AlwaysPreTouch");
    }

    @Override
    public long heapLength(final TableContext context) {
        return HEAP_SPARE_LENGTH + ENTRY_LENGTH_MAX * context.entryCountMax();
    }

    @Override
    public long nativeLength(final TableContext context) {
        return 0;
    }

    @Override
    public KeyedTable open(final TableContext context) {
        return new AgronaMapTable();
    }

    private static final class AgronaMapTable implements KeyedTable {
        private final Long2LongHashMap map = new Long2LongHashMap(MISSING);

        @Override
        public long get(final long key) {
            return map.get(key);
        }

        @Override
        public void put(final long key, final long seed) {
            map.put(key, seed);
        }

        @Override
        public long addAndGet(final long key, final long delta) {
            return map.merge(key, delta, Long::sum);
        }

        @Override
        public void remove(final long key) {
            map.remove(key);
        }

        @Override
        public long scan() {
            final Sum sum = new Sum();
            map.forEachLong(sum);
            return sum.total;
        }

        @Override
        public long size() {
            return map.size();
        }

        @Override
        public void close() {
            map.clear();
        }
    }

    private static final class Sum implements org.agrona.collections.LongLongConsumer {
        private long total;

        @Override
        public void accept(final long key, final long value) {
            total += value;
        }
    }
}
