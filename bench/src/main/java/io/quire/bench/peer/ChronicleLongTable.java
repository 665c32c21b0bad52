/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.TableContext;
import java.util.concurrent.CompletableFuture;
import net.openhft.chronicle.core.values.LongValue;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import net.openhft.chronicle.values.Values;

/** Longs in a Chronicle map, through flyweights; see {@link ChroniclePeer}. */
final class ChronicleLongTable implements DurableTable {
    private final ChronicleFile file;
    private final ChronicleMap<LongValue, LongValue> map;
    private final LongValue keyHolder = Values.newHeapInstance(LongValue.class);
    private final LongValue valueHolder = Values.newHeapInstance(LongValue.class);
    private final LongValue view = Values.newNativeReference(LongValue.class);

    ChronicleLongTable(final TableContext context, final ChronicleKeeping keeping) {
        file = new ChronicleFile(context, keeping);
        map = file.open(ChronicleMapBuilder.of(LongValue.class, LongValue.class)
                .name("bench")
                .entries(context.entryCountMax())
                .checksumEntries(false)
                .putReturnsNull(true)
                .removeReturnsNull(true));
    }

    private LongValue keyOf(final long key) {
        keyHolder.setValue(key);
        return keyHolder;
    }

    @Override
    public long get(final long key) {
        final LongValue found = map.getUsing(keyOf(key), view);
        return found == null ? MISSING : found.getValue();
    }

    @Override
    public void put(final long key, final long seed) {
        valueHolder.setValue(seed);
        map.put(keyOf(key), valueHolder);
    }

    @Override
    public long addAndGet(final long key, final long delta) {
        return map.getUsing(keyOf(key), view).addValue(delta);
    }

    @Override
    public void remove(final long key) {
        map.remove(keyOf(key));
    }

    @Override
    public long scan() {
        final long[] sum = new long[1];
        map.forEachEntry(entry -> sum[0] += entry.value().getUsing(view).getValue());
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
    }
}
