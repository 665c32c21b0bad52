/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.store.Durability;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
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

    final DBOptions database;
    final ColumnFamilyOptions columnFamily;
    final WriteOptions write;
    final ReadOptions read;
    private final Cache cache;
    private final WriteBufferManager writeBuffers;

    RocksDbOptions(final Durability durability) {
        // Flink's arithmetic: write buffers may exceed their share by half of it, so the cache is that much smaller.
        final long capacity = (long) ((3 - WRITE_BUFFER_RATIO) * RocksDbPeer.CACHE_LENGTH / 3);
        final long writeBufferCapacity = (long) (2 * RocksDbPeer.CACHE_LENGTH * WRITE_BUFFER_RATIO / 3);
        cache = new LRUCache(capacity, -1, false, HIGH_PRIORITY_RATIO);
        writeBuffers = new WriteBufferManager(writeBufferCapacity, cache);
        database = new DBOptions()
                .setCreateIfMissing(true)
                .setUseFsync(false)
                .setStatsDumpPeriodSec(0)
                .setAvoidFlushDuringShutdown(true)
                .setMaxBackgroundJobs(BACKGROUND_JOB_COUNT)
                .setMaxOpenFiles(-1)
                .setInfoLogLevel(InfoLogLevel.HEADER_LEVEL)
                .setWriteBufferManager(writeBuffers);
        final BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setBlockSize(BLOCK_LENGTH)
                .setMetadataBlockSize(BLOCK_LENGTH)
                .setBlockCache(cache)
                .setCacheIndexAndFilterBlocks(true)
                .setCacheIndexAndFilterBlocksWithHighPriority(true)
                .setPinL0FilterAndIndexBlocksInCache(true);
        columnFamily = new ColumnFamilyOptions()
                .setCompactionStyle(CompactionStyle.LEVEL)
                .setCompressionPerLevel(List.of(CompressionType.SNAPPY_COMPRESSION))
                .setLevelCompactionDynamicLevelBytes(false)
                .setTargetFileSizeBase(FILE_LENGTH)
                .setMaxBytesForLevelBase(BASE_LEVEL_LENGTH)
                .setWriteBufferSize(WRITE_BUFFER_LENGTH)
                .setMaxWriteBufferNumber(WRITE_BUFFER_COUNT)
                .setMinWriteBufferNumberToMerge(1)
                .setTableFormatConfig(table);
        write = new WriteOptions().setDisableWAL(durability == Durability.NONE).setSync(durability == Durability.SYNC);
        read = new ReadOptions();
    }

    @Override
    public void close() {
        read.close();
        write.close();
        columnFamily.close();
        database.close();
        writeBuffers.close();
        cache.close();
    }
}
