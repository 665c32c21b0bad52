/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.CheckpointCost;
import io.quire.bench.table.DurableTable;
import io.quire.bench.table.KeyBytes;
import io.quire.bench.table.NativeAddress;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import io.quire.store.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * Keys and values in RocksDB's default column family through direct buffers; see {@link RocksDbPeer}. Checkpoints are
 * RocksDB's own: memory tables flushed, files linked into a directory of the checkpoint, on a thread of their own.
 * Opening a directory that has checkpoints opens the newest of them, as a restart after a failure would.
 */
final class RocksDbTable implements DurableTable {
    private static final String DATABASE = "db";
    private static final String CHECKPOINT_PREFIX = "checkpoint-";
    private static final long SETTLE_LIMIT_NS = 60_000_000_000L;
    private static final long SETTLE_PAUSE_NS = 5_000_000L;
    private static final List<String> BACKGROUND_WORK = List.of(
            "rocksdb.mem-table-flush-pending",
            "rocksdb.num-running-flushes",
            "rocksdb.compaction-pending",
            "rocksdb.num-running-compactions");

    static {
        RocksDB.loadLibrary();
    }

    private final Path directory;
    private final RocksDbOptions options;
    private final RocksDB database;
    private final ColumnFamilyHandle columnFamily;
    private final boolean longValues;
    private final int valueLength;
    private final ValuePool pool;
    private final ByteBuffer poolBuffer;
    private final ByteBuffer keyBuffer;
    private final ByteBuffer valueBuffer;
    private final long keyPointer;
    private final long valuePointer;
    private int checkpointCount;
    private List<String> checkpointedFiles = List.of();

    /** Takes the options over, and closes them in the end. */
    RocksDbTable(final TableContext context, final RocksDbOptions options) {
        directory = context.directory();
        longValues = context.shape().longValues();
        valueLength = context.shape().valueLength();
        pool = new ValuePool(valueLength);
        poolBuffer = pool.direct();
        keyBuffer = ByteBuffer.allocateDirect(context.shape().keyLength()).order(ByteOrder.LITTLE_ENDIAN);
        valueBuffer = ByteBuffer.allocateDirect(valueLength).order(ByteOrder.LITTLE_ENDIAN);
        keyPointer = NativeAddress.of(keyBuffer);
        valuePointer = NativeAddress.of(valueBuffer);
        this.options = options;
        final List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            checkpointCount = newestCheckpoint(directory);
            // With a write-ahead log the database itself is recovered, without one what Flink has: the last checkpoint.
            final boolean isLogged = !options.write.disableWAL();
            final String path = (isLogged || checkpointCount == 0
                            ? directory.resolve(DATABASE)
                            : directory.resolve(CHECKPOINT_PREFIX + checkpointCount))
                    .toString();
            database = RocksDB.open(
                    options.database,
                    path,
                    List.of(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, options.columnFamily)),
                    handles);
        } catch (final RocksDBException e) {
            throw new IllegalStateException(e);
        }
        columnFamily = handles.get(0);
    }

    static String version() {
        return RocksDB.rocksdbVersion().toString();
    }

    private static int newestCheckpoint(final Path directory) {
        int newest = 0;
        while (Files.isDirectory(directory.resolve(CHECKPOINT_PREFIX + (newest + 1)))) {
            newest++;
        }
        return newest;
    }

    private ByteBuffer keyOf(final long key) {
        final int length = keyBuffer.capacity();
        for (int i = 0; i < length; i += Long.BYTES) {
            RawMemory.putLong(keyPointer + i, KeyBytes.word(key, i / Long.BYTES));
        }
        keyBuffer.clear();
        return keyBuffer;
    }

    /** Reads into the value buffer. */
    private boolean read(final long key) {
        valueBuffer.clear();
        try {
            return database.get(columnFamily, options.read, keyOf(key), valueBuffer) != RocksDB.NOT_FOUND;
        } catch (final RocksDBException e) {
            throw new IllegalStateException(e);
        }
    }

    private void write(final long key, final ByteBuffer value) {
        try {
            database.put(columnFamily, options.write, keyOf(key), value);
        } catch (final RocksDBException e) {
            throw new IllegalStateException(e);
        }
    }

    private long digest() {
        return longValues ? RawMemory.getLong(valuePointer) : ValueDigest.ofNative(valuePointer, valueLength);
    }

    @Override
    public long get(final long key) {
        return read(key) ? digest() : MISSING;
    }

    @Override
    public void put(final long key, final long seed) {
        if (longValues) {
            RawMemory.putLong(valuePointer, seed);
            valueBuffer.clear();
            write(key, valueBuffer);
        } else {
            final int offset = pool.offsetOf(seed);
            poolBuffer.limit(offset + valueLength).position(offset);
            write(key, poolBuffer);
        }
    }

    @Override
    public long addAndGet(final long key, final long delta) {
        if (!read(key)) {
            throw new IllegalStateException("absent: key=" + key);
        }
        final long sum = RawMemory.getLong(valuePointer) + delta;
        RawMemory.putLong(valuePointer, sum);
        valueBuffer.clear();
        write(key, valueBuffer);
        return sum;
    }

    @Override
    public void remove(final long key) {
        try {
            database.delete(columnFamily, options.write, keyOf(key));
        } catch (final RocksDBException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public long scan() {
        long sum = 0;
        try (RocksIterator iterator = database.newIterator(columnFamily, options.read)) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                valueBuffer.clear();
                iterator.value(valueBuffer);
                sum += digest();
            }
        }
        return sum;
    }

    @Override
    public long size() {
        long count = 0;
        try (RocksIterator iterator = database.newIterator(columnFamily, options.read)) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                count++;
            }
        }
        return count;
    }

    @Override
    public long storedLength() {
        return property("rocksdb.total-sst-files-size") + property("rocksdb.cur-size-all-mem-tables");
    }

    private long property(final String name) {
        try {
            return database.getLongProperty(columnFamily, name);
        } catch (final RocksDBException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void settle() {
        final long startNs = System.nanoTime();
        while (System.nanoTime() - startNs < SETTLE_LIMIT_NS) {
            if (BACKGROUND_WORK.stream().allMatch(name -> property(name) == 0)) {
                return;
            }
            LockSupport.parkNanos(SETTLE_PAUSE_NS);
        }
    }

    @Override
    public CompletableFuture<CheckpointCost> checkpoint() {
        final long startNs = System.nanoTime();
        final Path target = directory.resolve(CHECKPOINT_PREFIX + ++checkpointCount);
        return CompletableFuture.supplyAsync(() -> {
            try (Checkpoint checkpoint = Checkpoint.create(database)) {
                checkpoint.createCheckpoint(target.toString());
            } catch (final RocksDBException e) {
                throw new IllegalStateException(e);
            }
            final long durationNs = System.nanoTime() - startNs;
            return new CheckpointCost(newFileBytes(target), 0, durationNs);
        });
    }

    /** Counts what this checkpoint has and the one before did not, which is what Flink uploads. */
    private long newFileBytes(final Path checkpoint) {
        final List<String> before = checkpointedFiles;
        final DirectoryListing now = DirectoryListing.of(checkpoint);
        checkpointedFiles = now.names();
        return now.lengthOfAllBut(before);
    }

    @Override
    public void close() {
        columnFamily.close();
        database.close();
        options.close();
    }
}
