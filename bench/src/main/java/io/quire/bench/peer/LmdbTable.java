/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.KeyBytes;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.DirectBufferProxy;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.GetOp;
import org.lmdbjava.PutFlags;
import org.lmdbjava.Txn;

/**
 * One LMDB database; see {@link LmdbPeer}. A write transaction opens with the first write and is committed after a
 * fixed number; reads go through it while it is open, so that they see every write.
 */
final class LmdbTable implements DurableTable {
    private static final int SCRATCH_LENGTH = 64 * 1024;

    private final Env<DirectBuffer> environment;
    private final Dbi<DirectBuffer> database;
    private final int writesPerTransaction;
    private final boolean longValues;
    private final int valueLength;
    private final ValuePool pool;
    private final UnsafeBuffer keyBuffer;
    private final UnsafeBuffer valueBuffer;
    private final UnsafeBuffer poolView = new UnsafeBuffer(0, 0);
    private final Txn<DirectBuffer> readTransaction;
    private boolean reading = true;
    private Txn<DirectBuffer> writeTransaction;
    private Cursor<DirectBuffer> writeCursor;
    private int writeCount;

    LmdbTable(
            final TableContext context,
            final long mapLength,
            final List<EnvFlags> flags,
            final int writesPerTransaction) {
        this.writesPerTransaction = writesPerTransaction;
        longValues = context.shape().longValues();
        valueLength = context.shape().valueLength();
        pool = new ValuePool(valueLength);
        keyBuffer = new UnsafeBuffer(direct(context.shape().keyLength()));
        valueBuffer = new UnsafeBuffer(direct(Math.max(valueLength, SCRATCH_LENGTH)));
        environment = Env.create(DirectBufferProxy.PROXY_DB)
                .setMapSize(mapLength)
                .setMaxDbs(1)
                .open(context.directory().toFile(), flags.toArray(new EnvFlags[0]));
        database = context.shape().keyLength() == Long.BYTES
                ? environment.openDbi("bench", DbiFlags.MDB_CREATE, DbiFlags.MDB_INTEGERKEY)
                : environment.openDbi("bench", DbiFlags.MDB_CREATE);
        readTransaction = environment.txnRead();
    }

    private static ByteBuffer direct(final int length) {
        return ByteBuffer.allocateDirect(length).order(ByteOrder.nativeOrder());
    }

    private DirectBuffer keyOf(final long key) {
        final long pointer = keyBuffer.addressOffset();
        for (int i = 0; i < keyBuffer.capacity(); i += Long.BYTES) {
            RawMemory.putLong(pointer + i, KeyBytes.word(key, i / Long.BYTES));
        }
        return keyBuffer;
    }

    private Txn<DirectBuffer> reading() {
        if (writeTransaction != null) {
            return writeTransaction;
        }
        if (!reading) {
            readTransaction.renew();
            reading = true;
        }
        return readTransaction;
    }

    private Txn<DirectBuffer> writing() {
        if (writeTransaction == null) {
            // A reader that stays in an old snapshot would keep the pages of it from being used again.
            endReading();
            writeTransaction = environment.txnWrite();
            writeCursor = database.openCursor(writeTransaction);
        }
        return writeTransaction;
    }

    private void endReading() {
        if (reading) {
            readTransaction.reset();
            reading = false;
        }
    }

    private void wrote() {
        if (++writeCount >= writesPerTransaction) {
            commit();
        }
    }

    private void commit() {
        if (writeTransaction != null) {
            writeCursor.close();
            writeTransaction.commit();
            writeTransaction.close();
            writeTransaction = null;
            writeCount = 0;
        }
    }

    @Override
    public long get(final long key) {
        final DirectBuffer found = database.get(reading(), keyOf(key));
        if (found == null) {
            return MISSING;
        }
        if (longValues) {
            return RawMemory.getLong(found.addressOffset());
        }
        final long target = valueBuffer.addressOffset();
        RawMemory.copy(found.addressOffset(), target, valueLength);
        return ValueDigest.ofNative(target, valueLength);
    }

    @Override
    public void put(final long key, final long seed) {
        if (longValues) {
            RawMemory.putLong(valueBuffer.addressOffset(), seed);
            poolView.wrap(valueBuffer.addressOffset(), Long.BYTES);
        } else {
            poolView.wrap(pool.pointer() + pool.offsetOf(seed), valueLength);
        }
        database.put(writing(), keyOf(key), poolView);
        wrote();
    }

    @Override
    public long addAndGet(final long key, final long delta) {
        writing();
        if (!writeCursor.get(keyOf(key), GetOp.MDB_SET)) {
            throw new IllegalStateException("absent: key=" + key);
        }
        final long target = valueBuffer.addressOffset();
        RawMemory.copy(writeCursor.val().addressOffset(), target, valueLength);
        final long sum = RawMemory.getLong(target) + delta;
        RawMemory.putLong(target, sum);
        poolView.wrap(target, valueLength);
        writeCursor.put(keyBuffer, poolView, PutFlags.MDB_CURRENT);
        wrote();
        return sum;
    }

    @Override
    public void remove(final long key) {
        database.delete(writing(), keyOf(key));
        wrote();
    }

    @Override
    public long scan() {
        long sum = 0;
        try (Cursor<DirectBuffer> cursor = database.openCursor(reading())) {
            for (boolean present = cursor.first(); present; present = cursor.next()) {
                final long pointer = cursor.val().addressOffset();
                sum += longValues ? RawMemory.getLong(pointer) : ValueDigest.ofNative(pointer, valueLength);
            }
        }
        return sum;
    }

    @Override
    public long size() {
        return database.stat(reading()).entries;
    }

    @Override
    public long storedLength() {
        return (environment.info().lastPageNumber + 1) * environment.stat().pageSize;
    }

    @Override
    public void settle() {
        commit();
    }

    @Override
    public CompletableFuture<CheckpointCost> checkpoint() {
        final long startNs = System.nanoTime();
        commit();
        final long writerNs = System.nanoTime() - startNs;
        return CompletableFuture.supplyAsync(() -> {
            environment.sync(true);
            return new CheckpointCost(-1, writerNs, System.nanoTime() - startNs);
        });
    }

    @Override
    public void close() {
        commit();
        readTransaction.close();
        environment.close();
    }
}
