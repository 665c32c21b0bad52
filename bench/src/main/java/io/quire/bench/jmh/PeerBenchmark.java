/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.peer.Peers;
import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.bench.work.KeySpace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Any contestant through the interface that the comparison uses. The JVM gets the arguments that Chronicle Map and
 * lmdbjava ask for, whoever is measured. Iterations of different contestants are not interleaved here: to compare them,
 * use {@code bench/compare}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {
            "-Xmx8g",
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-exports=jdk.unsupported/sun.misc=ALL-UNNAMED",
            "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
            "--add-opens=jdk.compiler/com.sun.tools.javac=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-opens=java.base/java.io=ALL-UNNAMED",
            "--add-opens=java.base/java.util=ALL-UNNAMED",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "-Dlmdbjava.disable.checks=true"
        })
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PeerBenchmark {
    private static final int SPARE_ENTRY_COUNT = 10_000;
    private static final int NEW_COUNT = 5_000;
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    /** The contestant; any of those that {@code bench --list-peers} prints but idle. */
    @Param({"quire", "floor", "hashmap", "agrona", "chronicle-file", "rocksdb", "lmdb"})
    public String peer;

    /** Widths of keys and values. */
    @Param("long-long")
    public String shape;

    /** Entries. */
    @Param("1000000")
    public int entryCount;

    /** Which keys are used how often. */
    @Param("uniform")
    public String keys;

    /** Where a contestant with files keeps them; empty: /dev/shm, else the temporary directory. */
    @Param("")
    public String data;

    private ScratchDirectory directory;
    private KeyedTable table;
    private KeySequence sequence;
    private int turn;
    private long added;

    /** Fills the table. */
    @Setup(Level.Trial)
    public void fill() {
        directory = ScratchDirectory.in(data.isEmpty() ? defaultDirectory() : Path.of(data));
        final Peer contestant = Peers.named(peer);
        final TableContext context =
                new TableContext(TableShape.parse(shape), entryCount, SPARE_ENTRY_COUNT, directory.empty(peer), false);
        if (!contestant.supports(context.shape())) {
            throw new IllegalArgumentException("not supported: peer=" + peer + " shape=" + shape);
        }
        System.out.println("settings: " + contestant.settings(context));
        table = contestant.open(context);
        for (int i = 0; i < entryCount; i++) {
            table.put(KeySpace.keyOf(i), i);
        }
        table.settle();
        sequence = new KeySequence(entryCount, keys);
    }

    private static Path defaultDirectory() {
        return Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
    }

    /** Entries that were added, to be removed untimed. */
    @State(Scope.Thread)
    public static class Added {
        private final long[] keys = new long[NEW_COUNT];
        private KeyedTable table;

        /** Removes them. */
        @TearDown(Level.Invocation)
        public void remove() {
            for (final long key : keys) {
                table.remove(key);
            }
        }
    }

    /** Closes the table. */
    @TearDown(Level.Trial)
    public void close() {
        try {
            if (table != null) {
                verifyAndClose();
            }
        } finally {
            if (directory != null) {
                directory.close();
            }
        }
    }

    private void verifyAndClose() {
        try (KeyedTable closed = table) {
            if (sequence != null) {
                StoreBenchmark.check("size", closed.size(), entryCount);
            }
            if (added > 0 && closed.get(KeySpace.keyOf(0)) == KeyedTable.MISSING) {
                throw new IllegalStateException("an entry that was added to is missing");
            }
        }
    }

    private static long found(final long value) {
        StoreBenchmark.check(value != KeyedTable.MISSING);
        return value;
    }

    @Benchmark
    public long get() {
        return found(table.get(sequence.nextPresent()));
    }

    @Benchmark
    public long getMiss() {
        final long value = table.get(sequence.nextAbsent());
        StoreBenchmark.check(value == KeyedTable.MISSING);
        return value;
    }

    @Benchmark
    public void putOverwrite() {
        table.put(sequence.nextPresent(), turn++);
    }

    @Benchmark
    public long rmw() {
        added++;
        return table.addAndGet(sequence.nextPresent(), 1);
    }

    /** Inserts entries that were never there, some thousands in a row; they are removed afterwards, untimed. */
    @Benchmark
    @OperationsPerInvocation(NEW_COUNT)
    public void putNew(final Added fresh) {
        fresh.table = table;
        for (int i = 0; i < NEW_COUNT; i++) {
            fresh.keys[i] = sequence.nextFresh();
            table.put(fresh.keys[i], turn++);
        }
    }

    /** Inserts a new entry and removes the oldest, so that the size stays. */
    @Benchmark
    public void removeInsert() {
        table.remove(sequence.nextOldest());
        table.put(sequence.nextFresh(), turn++);
    }

    /** Half reads, half writes, in turn. */
    @Benchmark
    public long mixed50() {
        final long key = sequence.nextPresent();
        if (sequence.nextWrites50()) {
            table.put(key, turn++);
            return key;
        }
        return found(table.get(key));
    }

    /** One write in twenty. */
    @Benchmark
    public long mixed95() {
        final long key = sequence.nextPresent();
        if (sequence.nextWrites95()) {
            table.put(key, turn++);
            return key;
        }
        return found(table.get(key));
    }

    /** The whole table once: divide by the number of entries. */
    @Benchmark
    public long scanAll() {
        return table.scan();
    }
}
