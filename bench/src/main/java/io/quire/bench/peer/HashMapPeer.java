/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import io.quire.store.memory.RawMemory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.collections.MutableLong;

/**
 * {@code java.util.HashMap}: {@code HashMap<Long, MutableLong>}, or {@code HashMap<Long, byte[]>}.
 *
 * <p>Settings: grows from its default capacity; a long value is kept in a holder that a put and a read-modify-write
 * change in place, since a new {@code Long} for each is garbage, and a reference to it that old memory has to be told
 * of; a put of bytes stores a new array, so that what a get has handed out stays as it was, and a read-modify-write of
 * bytes changes the array in place; the heap is fixed, touched beforehand, of huge pages where the system gives them on
 * request, and has room for twice the entries; the parallel collector, as G1 does more work for each reference stored.
 */
final class HashMapPeer implements Peer {
    private static final int OVERHEAD_LENGTH = 100;
    private static final long HEAP_SPARE_LENGTH = 512L << 20;

    @Override
    public String name() {
        return "hashmap";
    }

    @Override
    public boolean supports(final TableShape shape) {
        return shape.keyLength() == Long.BYTES;
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        final Map<String, String> settings = new LinkedHashMap<>();
        settings.put("table", context.shape().longValues() ? "HashMap<Long, MutableLong>" : "HashMap<Long, byte[]>");
        settings.put("heap", Long.toString(heapLength(context)));
        settings.put("collector", HeapCollector.names());
        settings.put("rmw", "get, add in place");
        settings.put("durability", "none");
        return settings;
    }

    @Override
    public List<String> jvmArguments() {
        return List.of("-XX:+AlwaysPreTouch", "-XX:+UseTransparentHugePages", "-XX:+UseParallelGC");
    }

    @Override
    public long heapLength(final TableContext context) {
        final long entryLength = OVERHEAD_LENGTH
                + (long) (context.shape().longValues() ? 0 : context.shape().valueLength());
        return HEAP_SPARE_LENGTH + 2 * entryLength * context.entryCountMax();
    }

    @Override
    public long nativeLength(final TableContext context) {
        return 0;
    }

    @Override
    public KeyedTable open(final TableContext context) {
        return context.shape().longValues()
                ? new LongTable()
                : new BytesTable(context.shape().valueLength());
    }

    private static final class LongTable implements KeyedTable {
        private final HashMap<Long, MutableLong> map = new HashMap<>();

        @Override
        public long get(final long key) {
            final MutableLong value = map.get(key);
            return value == null ? MISSING : value.value;
        }

        @Override
        public void put(final long key, final long seed) {
            final Long boxed = key;
            final MutableLong value = map.get(boxed);
            if (value == null) {
                map.put(boxed, new MutableLong(seed));
            } else {
                value.value = seed;
            }
        }

        @Override
        public long addAndGet(final long key, final long delta) {
            return map.get(key).addAndGet(delta);
        }

        @Override
        public void remove(final long key) {
            map.remove(key);
        }

        @Override
        public long scan() {
            long sum = 0;
            for (final MutableLong value : map.values()) {
                sum += value.value;
            }
            return sum;
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

    private static final class BytesTable implements KeyedTable {
        private final HashMap<Long, byte[]> map = new HashMap<>();
        private final int valueLength;
        private final ValuePool pool;

        BytesTable(final int valueLength) {
            this.valueLength = valueLength;
            pool = new ValuePool(valueLength);
        }

        @Override
        public long get(final long key) {
            final byte[] value = map.get(key);
            return value == null ? MISSING : ValueDigest.ofArray(value, 0, valueLength);
        }

        @Override
        public void put(final long key, final long seed) {
            final int offset = pool.offsetOf(seed);
            map.put(key, Arrays.copyOfRange(pool.array(), offset, offset + valueLength));
        }

        @Override
        public long addAndGet(final long key, final long delta) {
            final byte[] value = map.get(key);
            final long sum = RawMemory.getLong(value, RawMemory.ARRAY_OFFSET) + delta;
            RawMemory.putLong(value, RawMemory.ARRAY_OFFSET, sum);
            return sum;
        }

        @Override
        public void remove(final long key) {
            map.remove(key);
        }

        @Override
        public long scan() {
            long sum = 0;
            for (final byte[] value : map.values()) {
                sum += ValueDigest.ofArray(value, 0, valueLength);
            }
            return sum;
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
}
