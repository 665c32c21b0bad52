/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.gate.AllocationGate.OperationOf;
import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BatchConsumer;
import io.quire.store.BytesState;
import io.quire.store.BytesStateReader;
import io.quire.store.Durability;
import io.quire.store.FixedBytesState;
import io.quire.store.FixedBytesStateReader;
import io.quire.store.LongBytesState;
import io.quire.store.LongBytesStateReader;
import io.quire.store.LongDoubleState;
import io.quire.store.LongDoubleStateReader;
import io.quire.store.LongLongState;
import io.quire.store.LongLongStateReader;
import io.quire.store.LongSetState;
import io.quire.store.LongSetStateReader;
import io.quire.store.ValueUpdater;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** No operation of the primitive and buffer states allocates anything on the heap, whatever the durability. */
class AllocationGateTest {
    /** A power of two, so that an index becomes a key without a division. */
    private static final int ENTRY_COUNT = 1 << 14;

    private static final int MASK = ENTRY_COUNT - 1;
    private static final int KEY_LENGTH = 16;
    private static final int VALUE_LENGTH = 100;

    @TempDir
    private Path directory;

    private int fresh = ENTRY_COUNT;

    private Object escape;

    @Test
    void shouldSeeAnOperationThatAllocates() {
        final long bytes = AllocationGate.allocatedBytes(index -> {
            escape = new long[1];
            return index;
        });

        assertThat(bytes).isGreaterThanOrEqualTo(16L * AllocationGate.OPERATION_COUNT);
    }

    @Test
    void shouldSeeAnOperationThatAllocatesOnceInAWhile() {
        final long bytes = AllocationGate.allocatedBytes(index -> {
            if ((index & 0xfff) == 0) {
                escape = new long[2];
            }
            return index;
        });

        assertThat(bytes).isGreaterThan(AllocationGate.TOLERANCE);
    }

    @Test
    void shouldSeeNothingWhereNothingIsAllocated() {
        assertThat(AllocationGate.allocatedBytes(index -> index * 31L)).isLessThan(AllocationGate.TOLERANCE);
    }

    @TestFactory
    Stream<DynamicTest> shouldAllocateNothing() {
        return AllocationGate.tests(directory, operations(), Durability.NONE, Durability.PROCESS);
    }

    Map<String, OperationOf> operations() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.putAll(longLongOperations());
        operations.putAll(bytesOperations());
        operations.putAll(primitiveOperations());
        operations.putAll(fixedBytesOperations());
        operations.putAll(growingOperations());
        operations.putAll(readerOperations());
        operations.putAll(batchReaderOperations());
        return operations;
    }

    private static long key(final int index) {
        return KeySpace.keyOf(index & MASK);
    }

    private static LongLongState filled(final DurableStateStore store) {
        final LongLongState state = store.longLongState("longs");
        for (int i = 0; i < ENTRY_COUNT; i++) {
            state.put(key(i), i);
        }
        return state;
    }

    private Map<String, OperationOf> longLongOperations() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongLongState.get", store -> {
            final LongLongState state = filled(store);
            return index -> state.get(key(index), -1);
        });
        operations.put("LongLongState.get absent", store -> {
            final LongLongState state = filled(store);
            return index -> state.get(KeySpace.absentKeyOf(index), -1);
        });
        operations.put("LongLongState.containsKey", store -> {
            final LongLongState state = filled(store);
            return index -> state.containsKey(key(index)) ? 1 : 0;
        });
        operations.put("LongLongState.put overwrite", store -> {
            final LongLongState state = filled(store);
            return index -> {
                state.put(key(index), index);
                return index;
            };
        });
        operations.put("LongLongState.put new", store -> {
            final LongLongState state = filled(store);
            fresh = ENTRY_COUNT;
            return index -> {
                state.put(KeySpace.keyOf(fresh++), index);
                return index;
            };
        });
        operations.put("LongLongState.addAndGet", store -> {
            final LongLongState state = filled(store);
            return index -> state.addAndGet(key(index), 1);
        });
        operations.put("LongLongState.getAndAdd", store -> {
            final LongLongState state = filled(store);
            return index -> state.getAndAdd(key(index), 1);
        });
        operations.put("LongLongState.compareAndSet", store -> {
            final LongLongState state = filled(store);
            return index -> state.compareAndSet(key(index), index & MASK, index & MASK) ? 1 : 0;
        });
        operations.put("LongLongState.putIfAbsent", store -> {
            final LongLongState state = filled(store);
            return index -> state.putIfAbsent(key(index), 1, -1);
        });
        operations.put("LongLongState.getAll", store -> {
            final LongLongState state = filled(store);
            final long[] keys = new long[100];
            final long[] values = new long[100];
            return index -> {
                keys[index % 100] = key(index);
                if (index % 100 == 99) {
                    state.getAll(keys, 0, 100, values, -1);
                }
                return values[index % 100];
            };
        });
        operations.put("LongLongState.remove, put", store -> {
            final LongLongState state = filled(store);
            return index -> {
                final boolean removed = state.remove(key(index));
                state.put(key(index), index);
                return removed ? 1 : 0;
            };
        });
        return operations;
    }

    /** A state with its buffers. */
    private static final class Bytes {
        private final BytesState state;
        private final UnsafeBuffer keyBuffer = new UnsafeBuffer(ByteBuffer.allocateDirect(KEY_LENGTH));
        private final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(VALUE_LENGTH));
        private final UnsafeBuffer view = new UnsafeBuffer(0, 0);

        Bytes(final DurableStateStore store, final int valueLength) {
            state = store.bytesState("bytes");
            for (int i = 0; i < ENTRY_COUNT; i++) {
                state.put(at(key(i)), 0, KEY_LENGTH, value, 0, valueLength);
            }
        }

        UnsafeBuffer at(final long key) {
            keyBuffer.putLong(0, key);
            keyBuffer.putLong(Long.BYTES, ~key);
            return keyBuffer;
        }
    }

    private Map<String, OperationOf> bytesOperations() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("BytesState.get", store -> {
            final Bytes bytes = new Bytes(store, VALUE_LENGTH);
            return index -> bytes.state.get(bytes.at(key(index)), 0, KEY_LENGTH, bytes.value, 0);
        });
        operations.put("BytesState.get absent", store -> {
            final Bytes bytes = new Bytes(store, VALUE_LENGTH);
            return index -> bytes.state.get(bytes.at(KeySpace.absentKeyOf(index)), 0, KEY_LENGTH, bytes.value, 0);
        });
        operations.put("BytesState.wrap", store -> {
            final Bytes bytes = new Bytes(store, VALUE_LENGTH);
            return index ->
                    bytes.state.wrap(bytes.at(key(index)), 0, KEY_LENGTH, bytes.view) ? bytes.view.getLong(0) : 0;
        });
        operations.put("BytesState.valueLength, containsKey", store -> {
            final Bytes bytes = new Bytes(store, VALUE_LENGTH);
            return index -> bytes.state.valueLength(bytes.at(key(index)), 0, KEY_LENGTH)
                    + (bytes.state.containsKey(bytes.at(key(index)), 0, KEY_LENGTH) ? 1 : 0);
        });
        operations.put("BytesState.put overwrite", store -> {
            final Bytes bytes = new Bytes(store, VALUE_LENGTH);
            return index -> {
                bytes.state.put(bytes.at(key(index)), 0, KEY_LENGTH, bytes.value, 0, VALUE_LENGTH);
                return index;
            };
        });
        operations.put("BytesState.put new", store -> {
            final Bytes bytes = new Bytes(store, Long.BYTES);
            fresh = ENTRY_COUNT;
            return index -> {
                bytes.state.put(bytes.at(KeySpace.keyOf(fresh++)), 0, KEY_LENGTH, bytes.value, 0, Long.BYTES);
                return index;
            };
        });
        operations.put("BytesState.put of another length", store -> {
            final Bytes bytes = new Bytes(store, VALUE_LENGTH);
            return index -> {
                final int length = 1 + (index * 31 & 63);
                bytes.state.put(bytes.at(key(index)), 0, KEY_LENGTH, bytes.value, 0, length);
                return index;
            };
        });
        operations.put("BytesState.addAndGet(4)", store -> {
            final Bytes bytes = new Bytes(store, Long.BYTES);
            return index -> bytes.state.addAndGet(bytes.at(key(index)), 0, KEY_LENGTH, 1);
        });
        operations.put("BytesState.putIfAbsent, update", store -> {
            final Bytes bytes = new Bytes(store, VALUE_LENGTH);
            final ValueUpdater updater = value -> value.putLong(8, value.getLong(8) + 1);
            return index -> {
                bytes.state.putIfAbsent(bytes.at(key(index)), 0, KEY_LENGTH, bytes.value, 0, VALUE_LENGTH);
                return bytes.state.update(bytes.at(key(index)), 0, KEY_LENGTH, updater) ? 1 : 0;
            };
        });
        operations.put("BytesState.getAll", store -> {
            final Bytes bytes = new Bytes(store, VALUE_LENGTH);
            final UnsafeBuffer keys = new UnsafeBuffer(new byte[100 * KEY_LENGTH]);
            final int[] offsets = new int[101];
            for (int i = 0; i <= 100; i++) {
                offsets[i] = i * KEY_LENGTH;
            }
            final long[] sum = new long[1];
            final BatchConsumer consumer = (index, value) -> sum[0] += value.getLong(0);
            return index -> {
                keys.putBytes(index % 100 * KEY_LENGTH, bytes.at(key(index)), 0, KEY_LENGTH);
                if (index % 100 == 99) {
                    bytes.state.getAll(keys, offsets, 0, 100, consumer);
                }
                return sum[0];
            };
        });
        operations.put("BytesState.remove, put", store -> {
            final Bytes bytes = new Bytes(store, VALUE_LENGTH);
            return index -> {
                final boolean removed = bytes.state.remove(bytes.at(key(index)), 0, KEY_LENGTH);
                bytes.state.put(bytes.at(key(index)), 0, KEY_LENGTH, bytes.value, 0, VALUE_LENGTH);
                return removed ? 1 : 0;
            };
        });
        return operations;
    }

    private Map<String, OperationOf> primitiveOperations() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongSetState.add, contains, remove", store -> {
            final LongSetState state = store.longSetState("set");
            return index -> (state.add(key(index)) ? 1 : 0)
                    + (state.contains(key(index + 1)) ? 1 : 0)
                    + (state.remove(key(index + 7)) ? 1 : 0);
        });
        operations.put("LongDoubleState.put, addAndGet, getAndAdd, get, remove", store -> {
            final LongDoubleState state = store.longDoubleState("doubles");
            return index -> {
                state.put(key(index), index);
                final double sum = state.addAndGet(key(index + 1), 0.5)
                        + state.getAndAdd(key(index + 3), 0.5)
                        + state.get(key(index + 2), 0);
                return (long) sum + (state.remove(key(index + 7)) ? 1 : 0);
            };
        });
        operations.put("LongBytesState.put, get, update, remove", store -> {
            final LongBytesState state = store.longBytesState("bytes");
            final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(VALUE_LENGTH));
            final ValueUpdater updater = view -> view.putByte(0, (byte) 1);
            return index -> {
                state.put(key(index), value, 0, VALUE_LENGTH);
                state.update(key(index), updater);
                return state.get(key(index + 1), value, 0) + (state.remove(key(index + 7)) ? 1 : 0);
            };
        });
        return operations;
    }

    private Map<String, OperationOf> fixedBytesOperations() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("FixedBytesState.put, get, wrap, remove", store -> {
            final FixedBytesState state = store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
            final UnsafeBuffer key = new UnsafeBuffer(ByteBuffer.allocateDirect(KEY_LENGTH));
            final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(VALUE_LENGTH));
            final UnsafeBuffer view = new UnsafeBuffer(0, 0);
            return index -> {
                key.putLong(0, key(index));
                state.put(key, 0, value, 0);
                final long found = state.get(key, 0, value, 0) && state.wrap(key, 0, view) ? view.getLong(0) : 0;
                key.putLong(0, key(index + 7));
                return found + (state.remove(key, 0) ? 1 : 0);
            };
        });
        operations.put("FixedBytesState.addAndGet, getAndAdd, update, compareAndSet, putIfAbsent", store -> {
            final FixedBytesState state = store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
            final UnsafeBuffer key = new UnsafeBuffer(ByteBuffer.allocateDirect(KEY_LENGTH));
            final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(VALUE_LENGTH));
            final ValueUpdater updater = view -> view.putLong(8, view.getLong(8) + 1);
            return index -> {
                key.putLong(0, key(index));
                return state.addAndGet(key, 0, 16, 1)
                        + state.getAndAdd(key, 0, 24, 1)
                        + (state.update(key, 0, updater) ? 1 : 0)
                        + (state.compareAndSet(key, 0, value, 0, value, 0) ? 1 : 0)
                        + (state.putIfAbsent(key, 0, value, 0) ? 1 : 0);
            };
        });
        return operations;
    }

    /** Tables that grow; those of longs to longs and of records are above. */
    private Map<String, OperationOf> growingOperations() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongSetState.add new", store -> {
            final LongSetState state = store.longSetState("set");
            fresh = 0;
            return index -> state.add(KeySpace.keyOf(fresh++)) ? 1 : 0;
        });
        operations.put("LongDoubleState.put new", store -> {
            final LongDoubleState state = store.longDoubleState("doubles");
            fresh = 0;
            return index -> {
                state.put(KeySpace.keyOf(fresh++), index);
                return index;
            };
        });
        operations.put("LongBytesState.put new", store -> {
            final LongBytesState state = store.longBytesState("bytes");
            final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
            fresh = 0;
            return index -> {
                state.put(KeySpace.keyOf(fresh++), value, 0, Long.BYTES);
                return index;
            };
        });
        operations.put("FixedBytesState.put new", store -> {
            final FixedBytesState state = store.fixedBytesState("fixed", KEY_LENGTH, Long.BYTES);
            final UnsafeBuffer key = new UnsafeBuffer(ByteBuffer.allocateDirect(KEY_LENGTH));
            final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
            fresh = 0;
            return index -> {
                key.putLong(0, KeySpace.keyOf(fresh++));
                state.put(key, 0, value, 0);
                return index;
            };
        });
        return operations;
    }

    /** Reads beside the writer; here by the writer itself, which is measured. */
    private Map<String, OperationOf> readerOperations() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongLongStateReader.get, containsKey", store -> {
            filled(store);
            final LongLongStateReader reader = store.reader().longLongState("longs");
            return index -> reader.get(key(index), -1)
                    + reader.get(KeySpace.absentKeyOf(index), -1)
                    + (reader.containsKey(key(index + 1)) ? 1 : 0);
        });
        operations.put("LongSetStateReader.contains", store -> {
            final LongSetState state = store.longSetState("set");
            for (int i = 0; i < ENTRY_COUNT; i++) {
                state.add(key(i));
            }
            final LongSetStateReader reader = store.reader().longSetState("set");
            return index ->
                    (reader.contains(key(index)) ? 1 : 0) + (reader.contains(KeySpace.absentKeyOf(index)) ? 1 : 0);
        });
        operations.put("LongDoubleStateReader.get, containsKey", store -> {
            final LongDoubleState state = store.longDoubleState("doubles");
            for (int i = 0; i < ENTRY_COUNT; i++) {
                state.put(key(i), i);
            }
            final LongDoubleStateReader reader = store.reader().longDoubleState("doubles");
            return index -> (long) reader.get(key(index), -1) + (reader.containsKey(key(index + 1)) ? 1 : 0);
        });
        operations.put("LongBytesStateReader.get, valueLength", store -> {
            final LongBytesState state = store.longBytesState("bytes");
            final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(VALUE_LENGTH));
            for (int i = 0; i < ENTRY_COUNT; i++) {
                state.put(key(i), value, 0, VALUE_LENGTH);
            }
            final LongBytesStateReader reader = store.reader().longBytesState("bytes");
            return index -> reader.get(key(index), value, 0) + reader.valueLength(key(index + 1));
        });
        operations.put("BytesStateReader.get, valueLength", store -> {
            final Bytes bytes = new Bytes(store, VALUE_LENGTH);
            final BytesStateReader reader = store.reader().bytesState("bytes");
            return index -> reader.get(bytes.at(key(index)), 0, KEY_LENGTH, bytes.value, 0)
                    + reader.valueLength(bytes.at(key(index + 1)), 0, KEY_LENGTH);
        });
        operations.put("FixedBytesStateReader.get, containsKey", store -> {
            final UnsafeBuffer key = new UnsafeBuffer(ByteBuffer.allocateDirect(KEY_LENGTH));
            final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(VALUE_LENGTH));
            fillFixed(store, key, value);
            final FixedBytesStateReader reader = store.reader().fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
            return index -> {
                key.putLong(0, key(index));
                return (reader.get(key, 0, value, 0) ? value.getLong(0) : 0) + (reader.containsKey(key, 0) ? 1 : 0);
            };
        });
        return operations;
    }

    private static FixedBytesState fillFixed(
            final DurableStateStore store, final UnsafeBuffer key, final UnsafeBuffer value) {
        final FixedBytesState state = store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
        for (int i = 0; i < ENTRY_COUNT; i++) {
            key.putLong(0, key(i));
            state.put(key, 0, value, 0);
        }
        return state;
    }

    private Map<String, OperationOf> batchReaderOperations() {
        final int batch = 100;
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongLongStateReader.getAll", store -> {
            filled(store);
            final LongLongStateReader reader = store.reader().longLongState("longs");
            final long[] keys = new long[batch];
            final long[] values = new long[batch];
            return index -> {
                keys[index % batch] = key(index);
                if (index % batch == batch - 1) {
                    reader.getAll(keys, 0, batch, values, -1);
                }
                return values[index % batch];
            };
        });
        operations.put("FixedBytesState.getAll, FixedBytesStateReader.getAll", store -> {
            final UnsafeBuffer key = new UnsafeBuffer(ByteBuffer.allocateDirect(KEY_LENGTH));
            final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(VALUE_LENGTH));
            final FixedBytesState state = fillFixed(store, key, value);
            final FixedBytesStateReader reader = store.reader().fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
            final UnsafeBuffer keys = new UnsafeBuffer(new byte[batch * KEY_LENGTH]);
            final long[] sum = new long[1];
            final BatchConsumer consumer = (index, found) -> sum[0] += found.getLong(0);
            return index -> {
                keys.putLong(index % batch * KEY_LENGTH, key(index));
                if (index % batch == batch - 1) {
                    state.getAll(keys, 0, batch, consumer);
                    reader.getAll(keys, 0, batch, consumer);
                }
                return sum[0];
            };
        });
        operations.put("LongBytesStateReader.getAll", store -> {
            final LongBytesState state = store.longBytesState("bytes");
            final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(VALUE_LENGTH));
            for (int i = 0; i < ENTRY_COUNT; i++) {
                state.put(key(i), value, 0, VALUE_LENGTH);
            }
            final LongBytesStateReader reader = store.reader().longBytesState("bytes");
            final long[] keys = new long[batch];
            final long[] sum = new long[1];
            final BatchConsumer consumer = (index, found) -> sum[0] += found.getLong(0);
            return index -> {
                keys[index % batch] = key(index);
                if (index % batch == batch - 1) {
                    reader.getAll(keys, 0, batch, consumer);
                }
                return sum[0];
            };
        });
        return operations;
    }
}
