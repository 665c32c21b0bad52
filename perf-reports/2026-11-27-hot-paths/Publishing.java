/* SPDX-License-Identifier: Apache-2.0 */
import io.quire.store.changelog.*;
import io.quire.store.memory.RawMemory;
import java.nio.file.*;
import java.util.*;
import org.agrona.concurrent.*;

/** Publishing CAPACITY VALUE_LENGTH BURST TABLE_MB: publishing by itself, bursts; the consumer copies out and releases. With TABLE_MB a dependent random read before each. */
public final class Publishing {
    public static void main(String[] a) throws Exception {
        final int capacity = Integer.parseInt(a[0]);
        final int valueLength = Integer.parseInt(a[1]);
        final int burst = Integer.parseInt(a[2]);
        final long tableLength = Long.parseLong(a[3]) << 20;
        final boolean live = a.length > 4; // the consumer works beside
        final Path dir = Files.createTempDirectory(Path.of("/dev/shm"), "pub-");
        final ChangeRing ring = ChangeRing.create(dir.resolve("ring"), UUID.randomUUID(), 1, 1, capacity, 0);
        final FailStop failStop = new FailStop();
        final long[] permitted = new long[16];
        final var permit = new java.util.concurrent.atomic.AtomicLong();
        final ChangeLog log = new ChangeLog(ring, failStop, new BusySpinIdleStrategy(), () -> { }, SystemNanoClock.INSTANCE);
        final long block = RawMemory.allocate(256 * 1024);
        RawMemory.setMemory(block, 256 * 1024, (byte) 0);
        final Thread consumer = new Thread(() -> {
            long head = ring.headAcquire();
            while (true) {
                ring.takeSpaceAhead();
                final long tail = live ? ring.tailAcquire() : permit.get();
                if (tail - head < (live ? 64 * 1024 : 1)) { if (live) Thread.onSpinWait(); else java.util.concurrent.locks.LockSupport.parkNanos(50_000);
                    if (!(live && permit.get() > head && permit.get() == tail)) continue; }
                while (head < tail) {
                    final int n = (int) Math.min(Math.min(tail - head, 256 * 1024), ring.contiguousLength(head));
                    RawMemory.copy(ring.pointerOf(head), block, n);
                    head += n;
                    ring.headRelease(head);
                }
            }
        });
        consumer.setDaemon(true);
        consumer.start();
        final long table = tableLength == 0 ? 0 : RawMemory.allocate(tableLength);
        if (tableLength > 0) RawMemory.setMemory(table, tableLength, (byte) 0);
        final byte[] value = new byte[Math.max(8, valueLength)];
        final int rounds = 400;
        final double[] times = new double[rounds];
        long x = 88172645463325252L;
        long sum = 0;
        for (int r = -400; r < rounds; r++) {
            while (ring.headAcquire() < log.position()) { permit.set(log.position()); Thread.sleep(0, 100_000); }
            final long start = System.nanoTime();
            for (int i = 0; i < burst; i++) {
                x ^= x << 13; x ^= x >>> 7; x ^= x << 17;
                if (tableLength > 0) { final long at = table + ((x >>> 8) % tableLength & -64L); sum += RawMemory.getLong(at); RawMemory.putLong(at, i); }
                if (valueLength == 8) log.putLong(1, x, i);
                else log.putLongBytes(1, x, value, RawMemory.ARRAY_OFFSET, valueLength);
            }
            final long ns = System.nanoTime() - start;
            if (r >= 0) times[r] = ns / (double) burst;
        }
        Arrays.sort(times);
        System.out.printf("pub ring %5d KB value %3d burst %6d table %4d MB %s: %6.1f ns (q1 %.1f q3 %.1f) stalls %d %d%n", capacity >> 10, valueLength, burst, tableLength >> 20,
                live ? "live" : "apart", times[rounds / 2], times[rounds / 4], times[rounds * 3 / 4], log.stallCount(), sum & 1);
        try (var left = Files.walk(dir)) { left.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete()); }
        Runtime.getRuntime().halt(0);
    }
}
