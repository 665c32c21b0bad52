/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mapdb.DB;
import org.mapdb.DBMaker;
import org.mapdb.HTreeMap;
import org.mapdb.Serializer;

/**
 * MapDB's {@code HTreeMap} in a mapped file.
 *
 * <p>Settings: mapped file without pre-clearing, no transactions, locking off for a single thread, entries counted,
 * values inline for longs, files grown by 64 MB.
 */
final class MapDbPeer implements Peer {
    private static final long ALLOCATION_LENGTH = 64L << 20;
    private static final int ENTRY_OVERHEAD_LENGTH = 100;

    @Override
    public String name() {
        return "mapdb";
    }

    @Override
    public boolean supports(final TableShape shape) {
        return true;
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        final Map<String, String> settings = new LinkedHashMap<>();
        settings.put("version", PeerVersions.of("org.mapdb", "mapdb"));
        settings.put("table", "HTreeMap, mapped file, no transactions");
        settings.put("concurrency", "disabled");
        settings.put("rmw", "get, put");
        settings.put("durability", "none");
        return settings;
    }

    @Override
    public long heapLength(final TableContext context) {
        return 1L << 30;
    }

    @Override
    public long nativeLength(final TableContext context) {
        return 0;
    }

    @Override
    public long fileLength(final TableContext context) {
        final long entryLength = (long) context.shape().entryLength() + ENTRY_OVERHEAD_LENGTH;
        return 2 * ALLOCATION_LENGTH + entryLength * context.entryCountMax();
    }

    @Override
    public KeyedTable open(final TableContext context) {
        return new MapDbTable(context);
    }

    private static final class MapDbTable implements KeyedTable {
        private final DB database;
        private final HTreeMap<Object, Object> map;
        private final BoxedKeys keys;
        private final BoxedValues values;
        private final Path file;

        MapDbTable(final TableContext context) {
            file = context.directory().resolve("mapdb");
            keys = BoxedKeys.of(context.shape());
            values = new BoxedValues(context.shape());
            database = DBMaker.fileDB(file.toFile())
                    .fileMmapEnable()
                    .fileMmapPreclearDisable()
                    .concurrencyDisable()
                    .allocateIncrement(ALLOCATION_LENGTH)
                    .make();
            final DB.HashMapMaker<Object, Object> maker = database.hashMap("bench")
                    .keySerializer(serializer(keys.longs()))
                    .valueSerializer(serializer(context.shape().longValues()))
                    .counterEnable();
            map = (context.shape().longValues() ? maker.valueInline() : maker).createOrOpen();
        }

        @SuppressWarnings("unchecked")
        private static Serializer<Object> serializer(final boolean longs) {
            final Serializer<?> serializer = longs ? Serializer.LONG : Serializer.BYTE_ARRAY;
            return (Serializer<Object>) serializer;
        }

        @Override
        public long get(final long key) {
            return values.digestOf(map.get(keys.keyOf(key)));
        }

        @Override
        public void put(final long key, final long seed) {
            map.put(keys.keyOf(key), values.valueOf(seed));
        }

        @Override
        public long addAndGet(final long key, final long delta) {
            final Object boxed = keys.keyOf(key);
            final Object value = map.get(boxed);
            final long sum = values.firstWordOf(value) + delta;
            map.put(boxed, values.withSum(value, sum));
            return sum;
        }

        @Override
        public void remove(final long key) {
            map.remove(keys.keyOf(key));
        }

        @Override
        public long scan() {
            final long[] sum = new long[1];
            map.forEach((key, value) -> sum[0] += values.digestOf(value));
            return sum[0];
        }

        @Override
        public long size() {
            return map.sizeLong();
        }

        @Override
        public long storedLength() {
            try {
                return Files.size(file);
            } catch (final IOException e) {
                return -1;
            }
        }

        @Override
        public void close() {
            database.close();
        }
    }
}
