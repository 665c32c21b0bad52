/* SPDX-License-Identifier: Apache-2.0 */

import io.quire.checkpoint.CheckpointInfo;
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.LongLongState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes at full rate with a checkpoint a second, and says where every thread was when a write took over 15 ms. */
public class WriterStalls {
    static final int ENTRIES = 5_000_000;
    static final long LONG_NS = 15_000_000;
    static volatile long startedNs;
    static volatile boolean done;

    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createTempDirectory("stalls");
        DurableStateStore store = DurableStateStore.open(new DurableStoreContext()
                .directory(directory)
                .durability(Durability.PROCESS)
                .checkpointIntervalNs(0));
        LongLongState counters = store.longLongState("counters");
        BytesState records = store.bytesState("records");
        Thread writer = Thread.currentThread();
        Thread watcher = new Thread(() -> watch(writer));
        watcher.setDaemon(true);
        watcher.start();

        byte[] record = new byte[104];
        UnsafeBuffer value = new UnsafeBuffer(record);
        UnsafeBuffer recordKey = new UnsafeBuffer(new byte[8]);
        CompletableFuture<CheckpointInfo> running = null;
        long lastNs = System.nanoTime();
        long nextNs = lastNs + 1_000_000_000L;
        long endNs = lastNs + Long.parseLong(arguments[0]) * 1_000_000_000L;
        long operations = 0;
        int checkpoints = 0;
        while (lastNs < endNs) {
            long nowNs = System.nanoTime();
            if (nowNs - lastNs > LONG_NS) {
                System.out.println("LONG op " + (nowNs - lastNs) / 1000 + " us at op " + operations
                        + " ckpt running " + (running != null) + " " + store.status().checkpoints());
            }
            lastNs = nowNs;
            startedNs = nowNs;
            long index = operations < ENTRIES ? operations : (mix(operations * 0x9E3779B97F4A7C15L) >>> 1) % ENTRIES;
            long key = mix(index + 77);
            if ((operations & 15) == 15) {
                recordKey.putLong(0, index % (ENTRIES / 16));
                record[0]++;
                store.beginBatch();
                counters.addAndGet(key, 1);
                records.put(recordKey, 0, 8, value, 0, record.length);
                store.commitBatch();
            } else {
                counters.addAndGet(key, 1);
            }
            operations++;
            if (running != null && running.isDone()) {
                checkpoints++;
                running = null;
            }
            if (running == null && nowNs - nextNs >= 0) {
                nextNs = nowNs + 1_000_000_000L;
                running = store.checkpoint();
            }
        }
        done = true;
        System.out.println("ops " + operations + " ckpts " + checkpoints + " " + store.status());
        store.close();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
    }

    static void watch(Thread writer) {
        long reportedNs = 0;
        while (!done) {
            try {
                Thread.sleep(4);
            } catch (InterruptedException e) {
                return;
            }
            long startNs = startedNs;
            long tookNs = System.nanoTime() - startNs;
            if (startNs != 0 && startNs != reportedNs && tookNs > LONG_NS) {
                reportedNs = startNs;
                StringBuilder text = new StringBuilder("== " + tookNs / 1000 + " us\n");
                for (Map.Entry<Thread, StackTraceElement[]> each : Thread.getAllStackTraces().entrySet()) {
                    Thread thread = each.getKey();
                    if (thread == writer || thread.getName().startsWith("quire")) {
                        text.append(thread.getName()).append(' ').append(thread.getState()).append('\n');
                        for (int i = 0; i < Math.min(9, each.getValue().length); i++) {
                            text.append("    ").append(each.getValue()[i]).append('\n');
                        }
                    }
                }
                System.out.print(text);
            }
        }
    }

    static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
