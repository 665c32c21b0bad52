/* SPDX-License-Identifier: Apache-2.0 */
import io.quire.store.BytesState;
import io.quire.store.StateStore;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.LiveMemory;
import io.quire.store.memory.MappedFileMemory;
import io.quire.store.memory.MemoryHeadroom;
import io.quire.store.memory.PagedMemory;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The same table in each kind of live memory, in one process, taking turns: load, then random gets and puts. Prints
 * nanoseconds of the measured thread's processor time an operation, median and quartiles over the rounds, and the ratio
 * to tmpfs round by round. Arguments: entries, value bytes, rounds, operations a round.
 */
public class LiveMemoryKinds {
    private static final int KEY_LENGTH = 8;

    private final UnsafeBuffer key = new UnsafeBuffer(new byte[KEY_LENGTH]);
    private final UnsafeBuffer value;
    private final UnsafeBuffer found;
    private final int entries;
    private long sum;

    private LiveMemoryKinds(final int entries, final int valueLength) {
        this.entries = entries;
        value = new UnsafeBuffer(new byte[valueLength]);
        found = new UnsafeBuffer(new byte[valueLength]);
    }

    public static void main(final String[] args) throws Exception {
        final int entries = Integer.parseInt(args[0]);
        final int valueLength = Integer.parseInt(args[1]);
        final int rounds = Integer.parseInt(args[2]);
        final int operations = Integer.parseInt(args[3]);
        final Path directory = Files.createTempDirectory(Path.of("/dev/shm"), "live-memory-kinds-");
        try {
            new LiveMemoryKinds(entries, valueLength).run(directory, rounds, operations);
        } finally {
            Files.delete(directory);
        }
    }

    private void run(final Path directory, final int rounds, final int operations) {
        final MemoryHeadroom headroom = MemoryHeadroom.ofSystem();
        final Map<String, LiveMemory> kinds = new LinkedHashMap<>();
        kinds.put("tmpfs", MappedFileMemory.shared(directory.resolve("memory"), 30, true, headroom));
        kinds.put("anonymous", new AnonymousMemory(30, false, headroom));
        kinds.put("anonymous+huge", new AnonymousMemory(30, true, headroom));
        System.out.printf(
                "java %s, %d entries of %d + %d bytes%n",
                Runtime.version(), entries, KEY_LENGTH, value.capacity());
        final String[] names = kinds.keySet().toArray(new String[0]);
        final BytesState[] states = new BytesState[names.length];
        final StateStore[] stores = new StateStore[names.length];
        final double[][][] samples = new double[3][names.length][rounds];
        for (int i = 0; i < names.length; i++) {
            final LiveMemory live = kinds.get(names[i]);
            stores[i] = new StateStore(PagedMemory.create(new PagedMemory.Builder(live).growAhead("grower-" + i)));
            states[i] = stores[i].bytesState("records");
        }
        final int slices = 20;
        final double[] load = new double[names.length];
        for (int slice = 0; slice < slices; slice++) {
            for (int i = 0; i < names.length; i++) {
                final int from = (int) ((long) entries * slice / slices);
                final int to = (int) ((long) entries * (slice + 1) / slices);
                load[i] += load(states[i], from, to) / slices;
            }
        }
        for (int i = 0; i < names.length; i++) {
            System.out.printf(
                    Locale.ROOT,
                    "%-15s load %5.0f ns   %,d MiB in %s%n",
                    names[i],
                    load[i],
                    stores[i].memory().backedLength() >> 20,
                    stores[i].memory().description());
        }
        for (int round = -1; round < rounds; round++) {
            for (int i = 0; i < names.length; i++) {
                final double get = gets(states[i], operations, round);
                final double put = puts(states[i], operations, round);
                if (round >= 0) { // the first one warms up
                    samples[1][i][round] = get;
                    samples[2][i][round] = put;
                }
            }
        }
        print("get", names, samples[1]);
        print("put", names, samples[2]);
        System.out.println("check " + sum);
        for (final StateStore store : stores) {
            store.close();
        }
    }

    private double load(final BytesState state, final int from, final int to) {
        final long start = now();
        for (int i = from; i < to; i++) {
            key.putLong(0, scatter(i));
            value.putLong(0, i);
            state.put(key, 0, KEY_LENGTH, value, 0, value.capacity());
        }
        return (double) (now() - start) / (to - from);
    }

    private double gets(final BytesState state, final int operations, final int round) {
        final long start = now();
        for (int i = 0; i < operations; i++) {
            key.putLong(0, scatter(index(i, round)));
            state.get(key, 0, KEY_LENGTH, found, 0);
            sum += found.getLong(0);
        }
        return (double) (now() - start) / operations;
    }

    private double puts(final BytesState state, final int operations, final int round) {
        final long start = now();
        for (int i = 0; i < operations; i++) {
            final int index = index(i, ~round);
            key.putLong(0, scatter(index));
            value.putLong(0, index);
            state.put(key, 0, KEY_LENGTH, value, 0, value.capacity());
        }
        return (double) (now() - start) / operations;
    }

    private int index(final int i, final int round) {
        return (int) Long.remainderUnsigned(scatter(((long) round << 32) + i), entries);
    }

    private static long scatter(final long value) {
        long mixed = (value + 0x9e3779b97f4a7c15L) * 0xbf58476d1ce4e5b9L; // SplitMix64's finisher
        mixed = (mixed ^ mixed >>> 30) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }

    private static long now() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static void print(final String work, final String[] names, final double[][] samples) {
        for (int i = 0; i < names.length; i++) {
            final double[] ratios = new double[samples[i].length];
            for (int round = 0; round < ratios.length; round++) {
                ratios[round] = samples[0][round] / samples[i][round];
            }
            System.out.printf(
                    Locale.ROOT,
                    "%-15s %s  %5.0f ns (%.0f..%.0f)   tmpfs / this %.2f (%.2f..%.2f)%n",
                    names[i],
                    work,
                    quartile(samples[i], 2),
                    quartile(samples[i], 1),
                    quartile(samples[i], 3),
                    quartile(ratios, 2),
                    quartile(ratios, 1),
                    quartile(ratios, 3));
        }
    }

    private static double quartile(final double[] values, final int quarter) {
        final double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(sorted.length - 1) * quarter / 4];
    }
}
