/* SPDX-License-Identifier: Apache-2.0 */
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import net.openhft.chronicle.core.values.LongValue;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.values.Values;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteOptions;

/**
 * A second opinion on the figures of bench/compare: one contestant, one thread, two plain loops over random keys, and
 * nothing of the bench module. PlainLoops CONTESTANT ENTRIES DIRECTORY prints "contestant shape operation ns" lines,
 * medians of seven rounds of half a million operations after three that are not counted.
 */
public final class PlainLoops {
    private static final int OPERATIONS = 500_000;
    private static final int WARM_ROUNDS = 3;
    private static final int ROUNDS = 7;
    private static final int VALUE_LENGTH = 100;

    interface Table {
        long get(long key) throws Exception;

        void put(long key, long value) throws Exception;
    }

    public static void main(final String[] args) throws Exception {
        final String contestant = args[0];
        final int entries = Integer.parseInt(args[1]);
        final Path directory = Files.createTempDirectory(Path.of(args[2]), "plain-loops-");
        try {
            final Table table = open(contestant, entries, directory);
            final SplittableRandom random = new SplittableRandom(42);
            final long[] keys = random.longs(entries).toArray();
            for (int i = 0; i < entries; i++) {
                table.put(keys[i], i);
            }
            final int[] order = new int[OPERATIONS];
            final double[] gets = new double[ROUNDS];
            final double[] puts = new double[ROUNDS];
            long sum = 0;
            for (int round = -WARM_ROUNDS; round < ROUNDS; round++) {
                Arrays.setAll(order, i -> random.nextInt(entries));
                long start = System.nanoTime();
                for (final int index : order) {
                    sum += table.get(keys[index]);
                }
                final double get = (System.nanoTime() - start) / (double) OPERATIONS;
                Arrays.setAll(order, i -> random.nextInt(entries));
                start = System.nanoTime();
                for (final int index : order) {
                    table.put(keys[index], sum);
                }
                final double put = (System.nanoTime() - start) / (double) OPERATIONS;
                if (round >= 0) {
                    gets[round] = get;
                    puts[round] = put;
                }
            }
            Arrays.sort(gets);
            Arrays.sort(puts);
            System.out.printf("%-20s %,12d  get %8.1f  put %8.1f  (%d)%n",
                    contestant, entries, gets[ROUNDS / 2], puts[ROUNDS / 2], sum & 1);
        } finally {
            try (Stream<Path> left = Files.walk(directory)) {
                left.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
            }
        }
        Runtime.getRuntime().halt(0); // stores are thrown away, not closed
    }

    private static Table open(final String contestant, final int entries, final Path directory) throws Exception {
        return switch (contestant) {
            case "quire-long" -> quireLong(directory);
            case "quire-bytes" -> quireBytes(directory);
            case "hashmap-bytes" -> hashMap(entries);
            case "agrona-long" -> agrona(entries);
            case "chronicle-bytes" -> chronicleBytes(entries, directory);
            case "rocksdb-bytes" -> rocksDb(directory);
            case "lmdb-bytes" -> lmdb(directory);
            default -> throw new IllegalArgumentException("unknown contestant: " + contestant);
        };
    }

    private static DurableStateStore store(final Path directory) {
        return DurableStateStore.open(new DurableStoreContext()
                .directory(directory)
                .durability(Durability.NONE)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false));
    }

    private static Table quireLong(final Path directory) {
        final LongLongState state = store(directory).longLongState("s");
        return new Table() {
            @Override
            public long get(final long key) {
                return state.get(key, -1);
            }

            @Override
            public void put(final long key, final long value) {
                state.put(key, value);
            }
        };
    }

    private static Table quireBytes(final Path directory) {
        final BytesState state = store(directory).bytesState("s");
        final UnsafeBuffer key8 = new UnsafeBuffer(new byte[8]);
        final UnsafeBuffer value100 = new UnsafeBuffer(new byte[VALUE_LENGTH]);
        return new Table() {
            @Override
            public long get(final long key) {
                key8.putLong(0, key);
                state.get(key8, 0, 8, value100, 0);
                return value100.getLong(0) + value100.getLong(VALUE_LENGTH - 8);
            }

            @Override
            public void put(final long key, final long value) {
                key8.putLong(0, key);
                value100.putLong(0, value);
                state.put(key8, 0, 8, value100, 0, VALUE_LENGTH);
            }
        };
    }

    private static Table hashMap(final int entries) {
        final Map<Long, byte[]> map = new HashMap<>(entries * 2);
        final ByteBuffer wrapper = ByteBuffer.allocate(VALUE_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        return new Table() {
            @Override
            public long get(final long key) {
                final byte[] value = map.get(key);
                return value[0] + value[VALUE_LENGTH - 8];
            }

            @Override
            public void put(final long key, final long value) {
                wrapper.putLong(0, value);
                map.put(key, wrapper.array().clone());
            }
        };
    }

    private static Table agrona(final int entries) {
        final Long2LongHashMap map = new Long2LongHashMap(entries, 0.55f, Long.MIN_VALUE);
        return new Table() {
            @Override
            public long get(final long key) {
                return map.get(key);
            }

            @Override
            public void put(final long key, final long value) {
                map.put(key, value);
            }
        };
    }

    private static Table chronicleBytes(final int entries, final Path directory) throws Exception {
        final ChronicleMap<LongValue, byte[]> map = ChronicleMap.of(LongValue.class, byte[].class)
                .name("plain")
                .entries(entries)
                .constantValueSizeBySample(new byte[VALUE_LENGTH])
                .putReturnsNull(true)
                .createPersistedTo(directory.resolve("map").toFile());
        final LongValue key8 = Values.newHeapInstance(LongValue.class);
        final byte[] value100 = new byte[VALUE_LENGTH];
        final byte[] read = new byte[VALUE_LENGTH];
        return new Table() {
            @Override
            public long get(final long key) {
                key8.setValue(key);
                final byte[] value = map.getUsing(key8, read);
                return value[0] + value[VALUE_LENGTH - 8];
            }

            @Override
            public void put(final long key, final long value) {
                key8.setValue(key);
                value100[0] = (byte) value;
                map.put(key8, value100);
            }
        };
    }

    private static Table rocksDb(final Path directory) throws Exception {
        RocksDB.loadLibrary();
        final RocksDB database = RocksDB.open(new Options().setCreateIfMissing(true), directory.toString());
        final WriteOptions withoutLog = new WriteOptions().setDisableWAL(true);
        final ByteBuffer buffer = ByteBuffer.allocate(8);
        final byte[] value100 = new byte[VALUE_LENGTH];
        final byte[] read = new byte[VALUE_LENGTH];
        return new Table() {
            @Override
            public long get(final long key) throws Exception {
                database.get(buffer.putLong(0, key).array(), read);
                return read[0] + read[VALUE_LENGTH - 8];
            }

            @Override
            public void put(final long key, final long value) throws Exception {
                value100[0] = (byte) value;
                database.put(withoutLog, buffer.putLong(0, key).array(), value100);
            }
        };
    }

    private static Table lmdb(final Path directory) {
        final Env<ByteBuffer> env = Env.create()
                .setMapSize(16L << 30)
                .setMaxDbs(1)
                .open(directory.toFile(), EnvFlags.MDB_NOSYNC, EnvFlags.MDB_WRITEMAP);
        final var dbi = env.openDbi("s", DbiFlags.MDB_CREATE);
        final ByteBuffer key8 = ByteBuffer.allocateDirect(8);
        final ByteBuffer value100 = ByteBuffer.allocateDirect(VALUE_LENGTH);
        return new Table() {
            private org.lmdbjava.Txn<ByteBuffer> writing = env.txnWrite();
            private int written;

            @Override
            public long get(final long key) {
                final ByteBuffer value = dbi.get(writing, key8.putLong(0, key));
                return value.getLong(0) + value.getLong(VALUE_LENGTH - 8);
            }

            @Override
            public void put(final long key, final long value) {
                dbi.put(writing, key8.putLong(0, key), value100.putLong(0, value));
                if (++written % 1000 == 0) {
                    writing.commit();
                    writing.close();
                    writing = env.txnWrite();
                }
            }
        };
    }
}
