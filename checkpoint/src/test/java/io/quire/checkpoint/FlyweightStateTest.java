/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.AggregateFunction;
import io.quire.store.AggregatingState;
import io.quire.store.ReducingState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.codec.Codecs;
import io.quire.store.codec.FlyweightCodec;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Functions that change the flyweight they are given in place: memory and log say the same, whatever comes of it. */
class FlyweightStateTest {
    private static final long THROWS = -1;

    @TempDir
    Path temp;

    private DurableStateStore store;
    private AggregatingState<Long, Long, UnsafeBuffer, Long> aggregated;
    private ReducingState<Long, UnsafeBuffer> reduced;

    private static final class InPlaceSum implements AggregateFunction<Long, UnsafeBuffer, Long> {
        @Override
        public UnsafeBuffer createAccumulator() {
            return amount(0);
        }

        @Override
        public UnsafeBuffer add(final Long value, final UnsafeBuffer accumulator) {
            return addedInPlace(accumulator, value);
        }

        @Override
        public Long getResult(final UnsafeBuffer accumulator) {
            return accumulator.getLong(0);
        }

        @Override
        public UnsafeBuffer merge(final UnsafeBuffer first, final UnsafeBuffer second) {
            return addedInPlace(first, second.getLong(0));
        }
    }

    private static UnsafeBuffer amount(final long amount) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Long.BYTES]);
        buffer.putLong(0, amount);
        return buffer;
    }

    private static UnsafeBuffer addedInPlace(final UnsafeBuffer sum, final long amount) {
        sum.putLong(0, sum.getLong(0) + amount);
        if (amount == THROWS) {
            throw new IllegalArgumentException("after the change");
        }
        return sum;
    }

    private static FlyweightCodec<UnsafeBuffer> codec() {
        return new FlyweightCodec<>(
                "test.view",
                1,
                new UnsafeBuffer(0, 0),
                (view, bytes, offset, length, acting) -> view.wrap(bytes, offset, length),
                (view, bytes, offset) -> {
                    bytes.putBytes(offset, view, 0, view.capacity());
                    return view.capacity();
                });
    }

    private void open() {
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(21)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false));
        aggregated =
                store.state(TypedStateDescriptor.aggregating("aggregated", Codecs.LONG, codec(), new InPlaceSum()));
        reduced = store.state(TypedStateDescriptor.reducing(
                "reduced", Codecs.LONG, codec(), (first, second) -> addedInPlace(first, second.getLong(0))));
    }

    private void add(final long amount) {
        aggregated.add(1L, amount);
        reduced.add(1L, amount(amount));
    }

    private void assertSums(final long sum) {
        assertThat(aggregated.get(1L)).isEqualTo(sum);
        assertThat(reduced.get(1L).getLong(0)).isEqualTo(sum);
    }

    private void assertRecovered(final long sum) {
        store.close();
        open();
        assertSums(sum);
        store.close();
    }

    @Test
    void shouldAddInPlace() {
        open();
        add(5);
        add(7);
        assertSums(12);
        store.checkpoint().join();
        add(8);
        assertSums(20);
        assertRecovered(20);
    }

    @Test
    void shouldLeaveTheStateAsItWasWhenAFunctionThrowsAfterAChange() {
        open();
        add(5);
        add(7);
        final long position = store.appliedPosition();
        assertThatThrownBy(() -> aggregated.add(1L, THROWS)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> reduced.add(1L, amount(THROWS))).isInstanceOf(IllegalArgumentException.class);
        assertThat(store.appliedPosition()).isEqualTo(position);
        assertSums(12);
        assertRecovered(12);
    }

    @Test
    void shouldTakeBackWhatABatchAddedInPlace() {
        open();
        add(5);
        store.beginBatch();
        add(7);
        add(8);
        assertSums(20);
        store.rollbackBatch();
        assertSums(5);
        store.beginBatch();
        add(30);
        store.commitBatch();
        assertSums(35);
        assertRecovered(35);
    }
}
