/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.KeyBytes;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import io.quire.store.memory.RawMemory;
import java.util.concurrent.CompletableFuture;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.core.values.LongValue;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import net.openhft.chronicle.values.Values;

/** Byte values in a Chronicle map, by reference; see {@link ChroniclePeer}. */
final class ChronicleBytesTable implements DurableTable {
    private final ChronicleFile file;
    private final ChronicleMap<Object, ChronicleRecord> map;
    private final LongValue longKey;
    private final byte[] bytesKey;
    private final int valueLength;
    private final ValuePool pool;
    private final BytesStore<?, ?> poolBytes;
    private final ChronicleRecord stored = new ChronicleRecord();
    private final ChronicleRecord view = new ChronicleRecord();
    private final long scratch;

    ChronicleBytesTable(final TableContext context, final ChronicleKeeping keeping) {
        file = new ChronicleFile(context, keeping);
        valueLength = context.shape().valueLength();
        pool = new ValuePool(valueLength);
        poolBytes = BytesStore.wrap(pool.direct());
        scratch = RawMemory.allocate(valueLength);
        final int keyLength = context.shape().keyLength();
        longKey = keyLength == Long.BYTES ? Values.newHeapInstance(LongValue.class) : null;
        bytesKey = keyLength == Long.BYTES ? null : new byte[keyLength];
        ChronicleRecord.lengthOfNew(valueLength);
        map = file.open(builder(context));
    }

    @SuppressWarnings("unchecked")
    private ChronicleMapBuilder<Object, ChronicleRecord> builder(final TableContext context) {
        final ChronicleMapBuilder<?, ChronicleRecord> keyed = bytesKey == null
                ? ChronicleMapBuilder.of(LongValue.class, ChronicleRecord.class)
                : ChronicleMapBuilder.of(byte[].class, ChronicleRecord.class).constantKeySizeBySample(bytesKey);
        return ((ChronicleMapBuilder<Object, ChronicleRecord>) keyed)
                .name("bench")
                .entries(context.entryCountMax())
                .checksumEntries(false)
                .putReturnsNull(true)
                .removeReturnsNull(true);
    }

    private Object keyOf(final long key) {
        if (bytesKey == null) {
            longKey.setValue(key);
            return longKey;
        }
        for (int i = 0; i < bytesKey.length; i += Long.BYTES) {
            RawMemory.putLong(bytesKey, RawMemory.ARRAY_OFFSET + i, KeyBytes.word(key, i / Long.BYTES));
        }
        return bytesKey;
    }

    @Override
    public long get(final long key) {
        final ChronicleRecord found = map.getUsing(keyOf(key), view);
        if (found == null) {
            return MISSING;
        }
        RawMemory.copy(found.pointer(), scratch, valueLength);
        return ValueDigest.ofNative(scratch, valueLength);
    }

    @Override
    public void put(final long key, final long seed) {
        stored.bytesStore(poolBytes, pool.offsetOf(seed), valueLength);
        map.put(keyOf(key), stored);
    }

    @Override
    public long addAndGet(final long key, final long delta) {
        final long pointer = map.getUsing(keyOf(key), view).pointer();
        final long sum = RawMemory.getLong(pointer) + delta;
        RawMemory.putLong(pointer, sum);
        return sum;
    }

    @Override
    public void remove(final long key) {
        map.remove(keyOf(key));
    }

    @Override
    public long scan() {
        final long[] sum = new long[1];
        map.forEachEntry(entry ->
                sum[0] += ValueDigest.ofNative(entry.value().getUsing(view).pointer(), valueLength));
        return sum[0];
    }

    @Override
    public long size() {
        return map.longSize();
    }

    @Override
    public long storedLength() {
        return map.offHeapMemoryUsed();
    }

    @Override
    public CompletableFuture<CheckpointCost> checkpoint() {
        return file.checkpoint();
    }

    @Override
    public void close() {
        map.close();
        RawMemory.free(scratch);
    }
}
