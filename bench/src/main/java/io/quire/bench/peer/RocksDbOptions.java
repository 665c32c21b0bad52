/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.store.Durability;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/** The native option objects of one database, see {@link RocksDbPeer}. */
final class RocksDbOptions implements AutoCloseable {
    private static final long WRITE_BUFFER_LENGTH = 64L << 20;
    private static final int WRITE_BUFFER_COUNT = 2;
    private static final long FILE_LENGTH = 64L << 20;
    private static final long BASE_LEVEL_LENGTH = 256L << 20;
    private static final int BLOCK_LENGTH = 4 * 1024;
    private static final int BACKGROUND_JOB_COUNT = 2;
    private static final double WRITE_BUFFER_RATIO = 0.5;
    private static final double HIGH_PRIORITY_RATIO = 0.1;
    private static final double BLOOM_BITS = 10;
    private static final long TUNED_WRITE_BUFFER_LENGTH = 128L << 20;
    private static final int TUNED_WRITE_BUFFER_COUNT = 4;

    final DBOptions database;
    final ColumnFamilyOptions columnFamily;
    final WriteOptions write;
    final ReadOptions read;
    private final Cache cache;
    private final WriteBufferManager writeBuffers;

    private RocksDbOptions(
            final Cache cache,
            final WriteBufferManager writeBuffers,
            final BlockBasedTableConfig table,
            final ColumnFamilyOptions columnFamily,
            final Durability durability) {
        this.cache = cache;
        this.writeBuffers = writeBuffers;
        this.columnFamily = columnFamily
                .setCompactionStyle(CompactionStyle.LEVEL)
                .setLevelCompactionDynamicLevelBytes(false)
                .setTargetFileSizeBase(FILE_LENGTH)
                .setMaxBytesForLevelBase(BASE_LEVEL_LENGTH)
                .setMinWriteBufferNumberToMerge(1)
                .setTableFormatConfig(table.setBlockSize(BLOCK_LENGTH).setBlockCache(cache));
        database = new DBOptions()
                .setCreateIfMissing(true)
                .setUseFsync(false)
                .setStatsDumpPeriodSec(0)
                .setAvoidFlushDuringShutdown(true)
                .setMaxBackgroundJobs(BACKGROUND_JOB_COUNT)
                .setMaxOpenFiles(-1)
                .setInfoLogLevel(InfoLogLevel.HEADER_LEVEL);
        if (writeBuffers != null) {
            database.setWriteBufferManager(writeBuffers);
        }
        write = new WriteOptions().setDisableWAL(durability == Durability.NONE).setSync(durability == Durability.SYNC);
        read = new ReadOptions();
    }

    static RocksDbOptions asFlink(final Durability durability) {
        // Flink's arithmetic: write buffers may exceed their share by half of it, so the cache is that much smaller.
        final long capacity = (long) ((3 - WRITE_BUFFER_RATIO) * RocksDbPeer.CACHE_LENGTH / 3);
        final long writeBufferCapacity = (long) (2 * RocksDbPeer.CACHE_LENGTH * WRITE_BUFFER_RATIO / 3);
        final Cache cache = new LRUCache(capacity, -1, false, HIGH_PRIORITY_RATIO);
        final BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setMetadataBlockSize(BLOCK_LENGTH)
                .setCacheIndexAndFilterBlocks(true)
                .setCacheIndexAndFilterBlocksWithHighPriority(true)
                .setPinL0FilterAndIndexBlocksInCache(true);
        final ColumnFamilyOptions columnFamily = new ColumnFamilyOptions()
                .setCompressionPerLevel(List.of(CompressionType.SNAPPY_COMPRESSION))
                .setWriteBufferSize(WRITE_BUFFER_LENGTH)
                .setMaxWriteBufferNumber(WRITE_BUFFER_COUNT);
        return new RocksDbOptions(
                cache, new WriteBufferManager(writeBufferCapacity, cache), table, columnFamily, durability);
    }

    /** For a state that fits into memory: nothing is compressed, nothing is evicted. */
    static RocksDbOptions tuned(final long cacheLength) {
        final BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setCacheIndexAndFilterBlocks(false)
                .setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)
                .setFilterPolicy(new BloomFilter(BLOOM_BITS));
        final ColumnFamilyOptions columnFamily = new ColumnFamilyOptions()
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setWriteBufferSize(TUNED_WRITE_BUFFER_LENGTH)
                .setMaxWriteBufferNumber(TUNED_WRITE_BUFFER_COUNT);
        return new RocksDbOptions(new LRUCache(cacheLength), null, table, columnFamily, Durability.NONE);
    }

    @Override
    public void close() {
        read.close();
        write.close();
        columnFamily.close();
        database.close();
        if (writeBuffers != null) {
            writeBuffers.close();
        }
        cache.close();
    }
}
