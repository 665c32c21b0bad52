/* SPDX-License-Identifier: Apache-2.0 */
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.store.*;
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.util.*;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.concurrent.UnsafeBuffer;

/** HotLoops MODE ENTRIES DURABILITY [BURST]: ns per op, median of slices. */
public final class HotLoops {
    static final int SLICE = 1 << 18;
    static final int BATCH = 32;
    static final int VALUE = 100;
    static long[] keys = new long[SLICE];
    static int burst;
    static DurableStateStore store;

    interface Op { long run(int from, int to); }

    static long keyOf(long i) {
        long z = (i + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    public static void main(String[] args) throws Exception {
        final String mode = args[0];
        final int entries = Integer.parseInt(args[1]);
        final Durability durability = Durability.valueOf(args.length > 2 ? args[2] : "NONE");
        burst = args.length > 3 ? Integer.parseInt(args[3]) : 0;
        final int warm = Integer.getInteger("warm", 16);
        final int rounds = Integer.getInteger("rounds", 24);
        final Path dir = Files.createTempDirectory(Path.of(System.getProperty("data", "/dev/shm")), "hot-");
        try {
            final Op op = open(mode, entries, durability, dir);
            final SplittableRandom random = new SplittableRandom(7);
            final double[] times = new double[rounds];
            long sum = 0;
            for (int r = -warm; r < rounds; r++) {
                for (int i = 0; i < SLICE; i++) {
                    keys[i] = keyOf(random.nextInt(entries));
                    if (mode.equals("lmiss")) keys[i] += 1;
                }
                settle();
                long ns = 0;
                final int step = burst == 0 ? SLICE : burst;
                for (int from = 0; from < SLICE; from += step) {
                    if (burst != 0) catchUp();
                    final int to = Math.min(SLICE, from + step);
                    final long start = System.nanoTime();
                    sum += op.run(from, to);
                    ns += System.nanoTime() - start;
                }
                if (r >= 0) times[r] = ns / (double) SLICE;
            }
            Arrays.sort(times);
            final String stalls = store == null || durability == Durability.NONE ? ""
                    : " stalls=" + store.status().log().stallCount() + " stallMs=" + store.status().log().stallNs() / 1_000_000;
            System.out.printf("%-8s %9d %-8s %6d  %7.1f  (q1 %.1f q3 %.1f)%s %d%n", mode, entries, durability, burst,
                    times[rounds / 2], times[rounds / 4], times[rounds * 3 / 4], stalls, sum & 1);
        } finally {
            try (var left = Files.walk(dir)) {
                left.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
            }
        }
        Runtime.getRuntime().halt(0);
    }

    static long lastPosition;

    static void settle() {
        if (store != null) {
            final long p = store.status().log().position();
            if (p - lastPosition > (256L << 20)) {
                store.checkpoint().join();
                lastPosition = p;
            }
        }
    }

    static void catchUp() throws Exception {
        final var log = store.status().log();
        final long p = log.position();
        while (store.status().log().writtenPosition() < p) Thread.sleep(1);
        if (log.ringLength() == 0) Thread.sleep(1);
        if (Boolean.getBoolean("spin")) { final long t = System.nanoTime() + 20000; while (System.nanoTime() < t) { } }
    }

    static Op open(String mode, int entries, Durability durability, Path dir) {
        if (mode.startsWith("ag")) {
            final Long2LongHashMap map = new Long2LongHashMap(Long.MIN_VALUE);
            for (int i = 0; i < entries; i++) map.put(keyOf(i), i);
            return switch (mode) {
                case "agget" -> (f, t) -> { long s = 0; for (int i = f; i < t; i++) s += map.get(keys[i]); return s; };
                case "agput" -> (f, t) -> { for (int i = f; i < t; i++) map.put(keys[i], i); return 0; };
                case "agrmw" -> (f, t) -> { long s = 0; for (int i = f; i < t; i++) s += map.merge(keys[i], 1, Long::sum); return s; };
                default -> throw new IllegalArgumentException(mode);
            };
        }
        store = DurableStateStore.open(new DurableStoreContext().directory(dir).durability(durability)
                .checkpointIntervalNs(0).checkpointOnClose(false));
        if (mode.startsWith("l")) {
            final LongLongState s = store.longLongState("s");
            for (int i = 0; i < entries; i++) s.put(keyOf(i), i);
            final long[] values = new long[SLICE];
            return switch (mode) {
                case "lget" -> (f, t) -> { long x = 0; for (int i = f; i < t; i++) x += s.get(keys[i], -1); return x; };
                case "lmiss" -> (f, t) -> { long x = 0; for (int i = f; i < t; i++) x += s.get(keys[i], -1); return x; };
                case "lput" -> (f, t) -> { for (int i = f; i < t; i++) s.put(keys[i], i); return 0; };
                case "lrmw" -> (f, t) -> { long x = 0; for (int i = f; i < t; i++) x += s.addAndGet(keys[i], 1); return x; };
                case "lbatch" -> (f, t) -> { for (int i = f; i < t; i += BATCH) s.getAll(keys, i, BATCH, values, -1); return values[3]; };
                default -> throw new IllegalArgumentException(mode);
            };
        }
        final boolean arrays = mode.endsWith("A");
        final String m = arrays ? mode.substring(0, mode.length() - 1) : mode;
        final UnsafeBuffer key = arrays ? new UnsafeBuffer(new byte[8]) : new UnsafeBuffer(ByteBuffer.allocateDirect(8));
        final UnsafeBuffer batchKeys = arrays ? new UnsafeBuffer(new byte[8 * BATCH]) : new UnsafeBuffer(ByteBuffer.allocateDirect(8 * BATCH));
        final UnsafeBuffer value = arrays ? new UnsafeBuffer(new byte[VALUE]) : new UnsafeBuffer(ByteBuffer.allocateDirect(VALUE));
        final int[] offsets = new int[BATCH + 1];
        for (int i = 0; i <= BATCH; i++) offsets[i] = 8 * i;
        if (m.startsWith("f")) {
            final FixedBytesState s = store.fixedBytesState("s", 8, VALUE);
            for (int i = 0; i < entries; i++) { key.putLong(0, keyOf(i)); value.putLong(0, i); s.put(key, 0, value, 0); }
            return switch (m) {
                case "fget" -> (f, t) -> { long x = 0; for (int i = f; i < t; i++) { key.putLong(0, keys[i]); s.get(key, 0, value, 0); x += value.getLong(0) + value.getLong(64) + value.getLong(92); } return x; };
                case "fput" -> (f, t) -> { for (int i = f; i < t; i++) { key.putLong(0, keys[i]); value.putLong(0, i); s.put(key, 0, value, 0); } return 0; };
                case "frmw" -> (f, t) -> { long x = 0; for (int i = f; i < t; i++) { key.putLong(0, keys[i]); x += s.addAndGet(key, 0, 0, 1); } return x; };
                default -> throw new IllegalArgumentException(mode);
            };
        }
        final BytesState s = store.bytesState("s");
        for (int i = 0; i < entries; i++) { key.putLong(0, keyOf(i)); value.putLong(0, i); s.put(key, 0, 8, value, 0, VALUE); }
        final long[] total = new long[1];
        final BatchConsumer consumer = (index, v) -> total[0] += v.getLong(0) + v.getLong(64) + v.getLong(92);
        final BatchConsumer copying = (index, v) -> { v.getBytes(0, value, 0, VALUE); total[0] += value.getLong(0) + value.getLong(64) + value.getLong(92); };
        return switch (m) {
            case "bget" -> (f, t) -> { long x = 0; for (int i = f; i < t; i++) { key.putLong(0, keys[i]); s.get(key, 0, 8, value, 0); x += value.getLong(0) + value.getLong(64) + value.getLong(92); } return x; };
            case "bwrap" -> { final UnsafeBuffer v = new UnsafeBuffer(0, 0);
                yield (f, t) -> { long x = 0; for (int i = f; i < t; i++) { key.putLong(0, keys[i]); s.wrap(key, 0, 8, v); x += v.getLong(0) + v.getLong(64) + v.getLong(92); } return x; }; }
            case "bmiss" -> (f, t) -> { long x = 0; for (int i = f; i < t; i++) { key.putLong(0, keys[i] + 1); x += s.get(key, 0, 8, value, 0); } return x; };
            case "bput" -> (f, t) -> { for (int i = f; i < t; i++) { key.putLong(0, keys[i]); value.putLong(0, i); s.put(key, 0, 8, value, 0, VALUE); } return 0; };
            case "brmw" -> (f, t) -> { long x = 0; for (int i = f; i < t; i++) { key.putLong(0, keys[i]); x += s.addAndGet(key, 0, 8, 0, 1); } return x; };
            case "bbatch", "bbatchC" -> { final BatchConsumer c = m.endsWith("C") ? copying : consumer;
                yield (f, t) -> { for (int i = f; i < t; i += BATCH) { for (int j = 0; j < BATCH; j++) batchKeys.putLong(8 * j, keys[i + j]); s.getAll(batchKeys, offsets, 0, BATCH, c); } return total[0]; }; }
            default -> throw new IllegalArgumentException(mode);
        };
    }
}
