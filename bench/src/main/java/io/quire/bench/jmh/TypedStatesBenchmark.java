/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.AggregateFunction;
import io.quire.store.AggregatingState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.ReducingState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.codec.Codecs;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * {@link ListState}, {@link MapState}, {@link ReducingState} and {@link AggregatingState} of long keys and long values:
 * what objects cost.
 */
public class TypedStatesBenchmark extends StoreBenchmark {
    private static final int KEY_MASK = 1023;

    /** Elements of all lists together, entries of all maps together, values. */
    @Param({"10000", "1000000"})
    public int entryCount;

    private KeySequence sequence;
    private ListState<Long, Long> lists;
    private MapState<Long, Long, Long> maps;
    private ReducingState<Long, Long> sums;
    private AggregatingState<Long, Long, Parts, Double> means;
    private long turn;
    private long reduced;
    private long total;

    /** Fills the states: a thousand lists and maps, values of as many keys as there are entries. */
    @Setup(Level.Trial)
    public void fill() {
        final DurableStateStore store = openStore();
        lists = store.state(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG));
        maps = store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG));
        means = store.state(
                TypedStateDescriptor.aggregating("means", Codecs.LONG, Codecs.record(Parts.class), new Mean()));
        sums = store.state(TypedStateDescriptor.reducing("sums", Codecs.LONG, Codecs.LONG, Long::sum));
        for (int i = 0; i < entryCount; i++) {
            final long key = KeySpace.keyOf(i);
            lists.add((long) (i & KEY_MASK), key);
            maps.put(key & KEY_MASK, key, (long) i);
            sums.add(key, 1L);
            means.add(key, 1L);
        }
        sequence = new KeySequence(entryCount, "uniform");
        filled();
    }

    @Override
    void verify() {
        check("entries of maps", mapsSize(), entryCount);
        check("sums", sums.size(), entryCount);
        total = 0;
        sums.forEach((key, value) -> total += value);
        check("sum of sums", total, entryCount + reduced);
        total = 0;
        means.forEach((key, value) -> total += value.longValue());
        check("sum of means", total, entryCount);
    }

    private long mapsSize() {
        long size = 0;
        for (long key = 0; key <= KEY_MASK; key++) {
            size += maps.size(key);
        }
        return size;
    }

    private static <V> V found(final V value) {
        check(value != null);
        return value;
    }

    /** The mean of what was added, of which the accumulator keeps count and sum. */
    private static final class Mean implements AggregateFunction<Long, Parts, Double> {
        @Override
        public Parts createAccumulator() {
            return new Parts(0, 0);
        }

        @Override
        public Parts add(final Long value, final Parts accumulator) {
            return new Parts(accumulator.count() + 1, accumulator.sum() + value);
        }

        @Override
        public Double getResult(final Parts accumulator) {
            return (double) accumulator.sum() / accumulator.count();
        }

        @Override
        public Parts merge(final Parts first, final Parts second) {
            return new Parts(first.count() + second.count(), first.sum() + second.sum());
        }
    }

    /** An accumulator. */
    public record Parts(long count, long sum) {}

    /** Lists grow by as much as is added during the run. */
    @Benchmark
    public void listAdd() {
        lists.add(turn & KEY_MASK, turn++);
    }

    /** Reads one of a thousand lists: divide by a thousandth of the number of entries. */
    @Benchmark
    public long listIterate() {
        long sum = 0;
        for (final Long element : lists.get(turn++ & KEY_MASK)) {
            sum += element;
        }
        return sum;
    }

    @Benchmark
    public Long mapGet() {
        final long key = sequence.nextPresent();
        return found(maps.get(key & KEY_MASK, key));
    }

    @Benchmark
    public void mapPutOverwrite() {
        final long key = sequence.nextPresent();
        maps.put(key & KEY_MASK, key, turn++);
    }

    /** Inserts a new entry of a map and removes the oldest, so that the size stays. */
    @Benchmark
    public boolean mapRemoveInsert() {
        final long oldest = sequence.nextOldest();
        final boolean removed = maps.remove(oldest & KEY_MASK, oldest);
        check(removed);
        final long fresh = sequence.nextFresh();
        maps.put(fresh & KEY_MASK, fresh, turn++);
        return removed;
    }

    @Benchmark
    public Long reducingGet() {
        return found(sums.get(sequence.nextPresent()));
    }

    @Benchmark
    public void reducingAdd() {
        sums.add(sequence.nextPresent(), 1L);
        reduced++;
    }

    @Benchmark
    public Double aggregatingGet() {
        return found(means.get(sequence.nextPresent()));
    }

    @Benchmark
    public void aggregatingAdd() {
        means.add(sequence.nextPresent(), 1L);
    }
}
