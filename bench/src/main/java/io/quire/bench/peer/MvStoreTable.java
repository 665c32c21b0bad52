/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.TableContext;
import java.util.concurrent.CompletableFuture;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.DataType;
import org.h2.mvstore.type.LongDataType;

/** One MVMap in a file; see {@link MvStorePeer}. */
final class MvStoreTable implements DurableTable {
    private static final int WRITE_BUFFER_KIB = 64 * 1024;
    private static final int MEBIBYTE_SHIFT = 20;

    private final MVStore store;
    private final MVMap<Object, Object> map;
    private final BoxedKeys keys;
    private final BoxedValues values;

    MvStoreTable(final TableContext context) {
        keys = BoxedKeys.of(context.shape());
        values = new BoxedValues(context.shape());
        final MVStore.Builder builder = new MVStore.Builder()
                .fileName(context.directory().resolve("mvstore.mv").toString())
                .cacheSize((int) (MvStorePeer.cacheLength(context) >>> MEBIBYTE_SHIFT))
                .autoCommitBufferSize(WRITE_BUFFER_KIB);
        store = (context.durable() ? builder : builder.autoCommitDisabled()).open();
        map = store.openMap(
                "bench",
                new MVMap.Builder<Object, Object>()
                        .keyType(typeOf(keys.longs()))
                        .valueType(typeOf(context.shape().longValues())));
    }

    @SuppressWarnings("unchecked")
    private static DataType<Object> typeOf(final boolean longs) {
        final DataType<?> type = longs ? LongDataType.INSTANCE : ByteArrayDataType.INSTANCE;
        return (DataType<Object>) type;
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
        long sum = 0;
        final Cursor<Object, Object> cursor = map.cursor(null);
        while (cursor.hasNext()) {
            cursor.next();
            sum += values.digestOf(cursor.getValue());
        }
        return sum;
    }

    @Override
    public long size() {
        return map.sizeAsLong();
    }

    @Override
    public long storedLength() {
        return store.getFileStore().size();
    }

    @Override
    public void settle() {
        store.commit();
    }

    @Override
    public CompletableFuture<CheckpointCost> checkpoint() {
        final long startNs = System.nanoTime();
        store.commit();
        final long writerNs = System.nanoTime() - startNs;
        return CompletableFuture.supplyAsync(() -> {
            store.sync();
            return new CheckpointCost(-1, writerNs, System.nanoTime() - startNs);
        });
    }

    @Override
    public void close() {
        store.close();
    }
}
