/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.gate;

import io.quire.bench.gate.AllocationGate.OperationOf;
import io.quire.store.AggregateFunction;
import io.quire.store.AggregatingState;
import io.quire.store.Durability;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.NamespacedState;
import io.quire.store.ReducingState;
import io.quire.store.TimeToLive;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import io.quire.store.codec.FlyweightCodec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * No operation of the typed states allocates anything of its own, whatever the durability. Objects of the user are left
 * out of it: keys are boxed before, values are small numbers, which the JDK keeps boxed, or flyweights.
 */
class TypedAllocationGateTest {
    private static final int KEY_COUNT = 1 << 12;
    private static final int MASK = KEY_COUNT - 1;
    private static final int CACHED_MASK = 63; // numbers that have a box already

    private static final Long[] KEYS = new Long[KEY_COUNT];
    private static final String[] TEXTS = new String[KEY_COUNT];

    static {
        for (int i = 0; i < KEY_COUNT; i++) {
            KEYS[i] = i * 0x9E37_79B9_7F4AL;
            TEXTS[i] = "key number " + i;
        }
    }

    @TempDir
    private Path directory;

    @TestFactory
    Stream<DynamicTest> shouldAllocateNothing() {
        return Stream.concat(
                AllocationGate.tests(directory, common(), Durability.NONE, Durability.PROCESS),
                AllocationGate.tests(directory, rare(), Durability.PROCESS));
    }

    Map<String, OperationOf> operations() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>(common());
        operations.putAll(rare());
        return operations;
    }

    private Map<String, OperationOf> common() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.putAll(values());
        operations.putAll(lists());
        operations.putAll(maps());
        operations.putAll(accumulators());
        return operations;
    }

    private Map<String, OperationOf> rare() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.putAll(removals());
        operations.putAll(withTimeToLive());
        return operations;
    }

    private static Long key(final int index) {
        return KEYS[index & MASK];
    }

    private static Long small(final int index) {
        return (long) (index & CACHED_MASK);
    }

    private static FlyweightCodec<UnsafeBuffer> views() {
        return new FlyweightCodec<>(
                "bench.view",
                1,
                new UnsafeBuffer(0, 0),
                (view, buffer, offset, length, version) -> view.wrap(buffer, offset, length),
                (view, buffer, offset) -> {
                    buffer.putBytes(offset, view, 0, view.capacity());
                    return view.capacity();
                });
    }

    private Map<String, OperationOf> values() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("ValueState.put, get, containsKey", store -> {
            final ValueState<Long, Long> state = store.valueState("values", Codecs.LONG, Codecs.LONG);
            return index -> {
                state.put(key(index), small(index));
                final Long found = state.get(key(index + 9));
                return (found == null ? 0 : found) + (state.containsKey(key(index + 17)) ? 1 : 0);
            };
        });
        operations.put("ValueState.put, get, remove of flyweights under texts", store -> {
            final ValueState<String, UnsafeBuffer> state = store.valueState("views", Codecs.STRING, views());
            final UnsafeBuffer value = new UnsafeBuffer(new byte[100]);
            return index -> {
                state.put(TEXTS[index & MASK], value);
                final UnsafeBuffer found = state.get(TEXTS[(index + 9) & MASK]);
                return (found == null ? 0 : found.getLong(8)) + (state.remove(TEXTS[(index + 17) & MASK]) ? 1 : 0);
            };
        });
        operations.put("ValueState.current in namespaces", store -> {
            final NamespacedState<Long, Long, ValueState<Long, Long>> windows =
                    store.state(TypedStateDescriptor.value("windows", Codecs.LONG, Codecs.LONG), Codecs.LONG);
            return index -> {
                store.setCurrentKey(key(index));
                windows.in(small(index >> 3)).current().update(small(index));
                return windows.in(small(index >> 3)).current().value();
            };
        });
        return operations;
    }

    private Map<String, OperationOf> lists() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("ListState.add new", store -> {
            final ListState<Long, Long> state =
                    store.state(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG));
            return index -> {
                state.add(key(index), small(index));
                return index;
            };
        });
        operations.put("ListState.add, size(1), remove", store -> {
            final ListState<Long, UnsafeBuffer> state =
                    store.state(TypedStateDescriptor.list("lists", Codecs.LONG, views()));
            final UnsafeBuffer element = new UnsafeBuffer(new byte[40]);
            return index -> {
                state.add(key(index), element);
                final long size = state.size(key(index));
                return size < 8 || !state.remove(key(index)) ? size : 0;
            };
        });
        return operations;
    }

    /** Nothing expires during the run; a time to live with an update at each read writes at each read. */
    private Map<String, OperationOf> withTimeToLive() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        for (final TimeToLive.UpdateType update :
                List.of(TimeToLive.UpdateType.ON_CREATE_AND_WRITE, TimeToLive.UpdateType.ON_READ_AND_WRITE)) {
            final TimeToLive hour = TimeToLive.of(Duration.ofHours(1)).updatedBy(update);
            operations.put("ValueState.put, get, remove with a time to live " + update, store -> {
                final ValueState<Long, Long> state =
                        store.state(TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG)
                                .withTimeToLive(hour));
                return index -> {
                    state.put(key(index), small(index));
                    final Long found = state.get(key(index + 9));
                    return (found == null ? 0 : found) + (state.remove(key(index + 17)) ? 1 : 0);
                };
            });
            operations.put("MapState.put, get, remove(2) with a time to live " + update, store -> {
                final MapState<Long, Long, Long> state =
                        store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG)
                                .withTimeToLive(hour));
                return index -> {
                    state.put(key(index), small(index >> 12), small(index));
                    final Long found = state.get(key(index + 9), small(index >> 12));
                    return (found == null ? 0 : found) + (state.remove(key(index + 17), small(index >> 12)) ? 1 : 0);
                };
            });
        }
        operations.put("ListState.add with a time to live new", store -> {
            final ListState<Long, Long> state = store.state(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG)
                    .withTimeToLive(TimeToLive.of(Duration.ofHours(1))));
            return index -> {
                state.add(key(index), small(index));
                return index;
            };
        });
        operations.put("ListState.add, remove with a time to live", store -> {
            final ListState<Long, Long> state = store.state(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG)
                    .withTimeToLive(TimeToLive.of(Duration.ofHours(1))));
            return index -> {
                state.add(key(index), small(index));
                return state.remove(key(index)) ? 1 : 0;
            };
        });
        operations.put("ReducingState.add, get with a time to live", store -> {
            final ReducingState<Long, Long> state = store.state(TypedStateDescriptor.reducing(
                            "least", Codecs.LONG, Codecs.LONG, (first, second) -> first < second ? first : second)
                    .withTimeToLive(TimeToLive.of(Duration.ofHours(1))));
            return index -> {
                state.add(key(index), small(index * 31));
                return state.get(key(index));
            };
        });
        return operations;
    }

    private Map<String, OperationOf> maps() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("MapState.put, get, containsKey, size(1), isEmpty, keyGroupOf", store -> {
            final MapState<Long, Long, Long> state =
                    store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG));
            return index -> {
                state.put(key(index), small(index >> 12), small(index));
                final Long found = state.get(key(index + 9), small(index >> 12));
                return (found == null ? 0 : found)
                        + (state.containsKey(key(index + 17), small(1)) ? 1 : 0)
                        + state.size(key(index + 25))
                        + (state.isEmpty(key(index + 33)) ? 1 : 0)
                        + state.keyGroupOf(key(index));
            };
        });
        operations.put("MapState.put, remove(2) of flyweights", store -> {
            final MapState<String, Long, UnsafeBuffer> state =
                    store.state(TypedStateDescriptor.map("maps", Codecs.STRING, Codecs.LONG, views()));
            final UnsafeBuffer value = new UnsafeBuffer(new byte[60]);
            return index -> {
                state.put(TEXTS[index & MASK], small(index >> 5), value);
                final UnsafeBuffer found = state.get(TEXTS[index & MASK], small(index >> 5));
                return found.getLong(0) + (state.remove(TEXTS[(index + 17) & MASK], small(index >> 5)) ? 1 : 0);
            };
        });
        return operations;
    }

    private Map<String, OperationOf> removals() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("MapState.put, remove(1)", store -> {
            final MapState<Long, Long, Long> state =
                    store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.LONG, Codecs.LONG));
            return index -> {
                state.put(key(index), small(index >> 12), small(index));
                return state.remove(key(index + 17)) ? 1 : 0;
            };
        });
        operations.put("ReducingState.add, remove, keyGroupOf", store -> {
            final ReducingState<Long, Long> state = store.state(TypedStateDescriptor.reducing(
                    "least", Codecs.LONG, Codecs.LONG, (first, second) -> first < second ? first : second));
            return index -> {
                state.add(key(index), small(index * 31));
                return state.keyGroupOf(key(index)) + (state.remove(key(index + 17)) ? 1 : 0);
            };
        });
        operations.put("AggregatingState.add, remove, keyGroupOf", store -> {
            final AggregatingState<Long, Long, Long, Long> state =
                    store.state(TypedStateDescriptor.aggregating("largest", Codecs.LONG, Codecs.LONG, new Largest()));
            return index -> {
                state.add(key(index), small(index * 31));
                return state.keyGroupOf(key(index)) + (state.remove(key(index + 17)) ? 1 : 0);
            };
        });
        operations.put("ValueState.keyGroupOf", store -> {
            final ValueState<Long, Long> state = store.valueState("values", Codecs.LONG, Codecs.LONG);
            return index -> state.keyGroupOf(key(index));
        });
        operations.put("ListState.keyGroupOf", store -> {
            final ListState<Long, Long> state =
                    store.state(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG));
            return index -> state.keyGroupOf(key(index));
        });
        return operations;
    }

    /** The largest of what is added, so that all accumulators have a box already. */
    private static final class Largest implements AggregateFunction<Long, Long, Long> {
        private static final Long ZERO = 0L;

        @Override
        public Long createAccumulator() {
            return ZERO;
        }

        @Override
        public Long add(final Long value, final Long accumulator) {
            return value > accumulator ? value : accumulator;
        }

        @Override
        public Long getResult(final Long accumulator) {
            return accumulator;
        }

        @Override
        public Long merge(final Long first, final Long second) {
            return first > second ? first : second;
        }
    }

    private Map<String, OperationOf> accumulators() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("ReducingState.add, get", store -> {
            final BinaryOperator<Long> smaller = (first, second) -> first < second ? first : second;
            final ReducingState<Long, Long> state =
                    store.state(TypedStateDescriptor.reducing("least", Codecs.LONG, Codecs.LONG, smaller));
            return index -> {
                state.add(key(index), small(index * 31));
                return state.get(key(index));
            };
        });
        operations.put("AggregatingState.add, get in namespaces", store -> {
            final NamespacedState<Long, Long, AggregatingState<Long, Long, Long, Long>> windows = store.state(
                    TypedStateDescriptor.aggregating("largest", Codecs.LONG, Codecs.LONG, new Largest()), Codecs.LONG);
            return index -> {
                final AggregatingState<Long, Long, Long, Long> window = windows.in(small(index >> 4));
                window.add(key(index), small(index * 31));
                return window.get(key(index));
            };
        });
        return operations;
    }
}
