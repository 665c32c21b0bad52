/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.gate;

import io.quire.bench.gate.AllocationGate.OperationOf;
import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.BytesConsumer;
import io.quire.store.BytesCursor;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.FixedBytesState;
import io.quire.store.LongBytesConsumer;
import io.quire.store.LongBytesState;
import io.quire.store.LongDoubleConsumer;
import io.quire.store.LongDoubleCursor;
import io.quire.store.LongDoubleState;
import io.quire.store.LongKeyConsumer;
import io.quire.store.LongLongConsumer;
import io.quire.store.LongLongCursor;
import io.quire.store.LongLongState;
import io.quire.store.LongSetCursor;
import io.quire.store.LongSetState;
import io.quire.store.LongTimerState;
import io.quire.store.TimeDomain;
import io.quire.store.table.KeyGroupRange;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Walks allocate nothing for an entry: a cursor allocates when it is made, as its method says, and a walk with a
 * consumer at most a few objects, however many entries there are. An operation of the gate is one step of a cursor, or
 * one entry's share of a walk.
 */
class WalkAllocationGateTest {
    private static final int ENTRY_COUNT = 1 << 16;
    private static final int KEY_LENGTH = 8;
    private static final int VALUE_LENGTH = 8;
    private static final long WALK_COUNT = AllocationGate.OPERATION_COUNT / ENTRY_COUNT + 2;
    private static final long CURSOR_LENGTH = 80 * 1024;
    private static final long WALK_LENGTH = 1024;

    @TempDir
    private Path directory;

    @TestFactory
    Stream<DynamicTest> shouldAllocateNothingForAStepOfACursor() {
        return tests(cursors(), CURSOR_LENGTH);
    }

    @TestFactory
    Stream<DynamicTest> shouldAllocateNothingForAnEntryOfAWalk() {
        return tests(walks(), WALK_LENGTH);
    }

    private Stream<DynamicTest> tests(final Map<String, OperationOf> operations, final long walkLength) {
        return operations.entrySet().stream()
                .map(operation -> DynamicTest.dynamicTest(
                        operation.getKey(),
                        () -> AllocationGate.check(
                                directory,
                                operation.getValue(),
                                Durability.NONE,
                                AllocationGate.TOLERANCE + WALK_COUNT * walkLength)));
    }

    Map<String, OperationOf> operations() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>(cursors());
        operations.putAll(walks());
        return operations;
    }

    private static DurableStateStore filled(final DurableStateStore store) {
        final UnsafeBuffer key = new UnsafeBuffer(ByteBuffer.allocateDirect(KEY_LENGTH));
        final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(VALUE_LENGTH));
        for (int i = 0; i < ENTRY_COUNT; i++) {
            final long longKey = KeySpace.keyOf(i);
            key.putLong(0, longKey);
            store.longLongState("longs").put(longKey, i);
            store.longSetState("set").add(longKey);
            store.longDoubleState("doubles").put(longKey, i);
            store.longBytesState("longBytes").put(longKey, value, 0, VALUE_LENGTH);
            store.bytesState("bytes").put(key, 0, KEY_LENGTH, value, 0, VALUE_LENGTH);
            store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH).put(key, 0, value, 0);
        }
        return store;
    }

    private static Map<String, OperationOf> cursors() {
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongLongState.cursor, LongLongCursor.next, key, value", store -> {
            filled(store);
            final LongLongCursor[] cursor = {store.longLongState("longs").cursor()};
            return index -> {
                if (!cursor[0].next()) {
                    cursor[0] = store.longLongState("longs").cursor();
                    return 0;
                }
                return cursor[0].key() + cursor[0].value();
            };
        });
        operations.put("LongSetState.cursor, LongSetCursor.next, key", store -> {
            filled(store);
            final LongSetCursor[] cursor = {store.longSetState("set").cursor()};
            return index -> {
                if (!cursor[0].next()) {
                    cursor[0] = store.longSetState("set").cursor();
                    return 0;
                }
                return cursor[0].key();
            };
        });
        operations.put("LongDoubleState.cursor, LongDoubleCursor.next, key, value", store -> {
            filled(store);
            final LongDoubleCursor[] cursor = {store.longDoubleState("doubles").cursor()};
            return index -> {
                if (!cursor[0].next()) {
                    cursor[0] = store.longDoubleState("doubles").cursor();
                    return 0;
                }
                return cursor[0].key() + (long) cursor[0].value();
            };
        });
        operations.put("LongBytesState.cursor, BytesCursor.next, key, value, close", store -> {
            filled(store);
            return steps(store.longBytesState("longBytes")::cursor);
        });
        operations.put("BytesState.cursor, BytesCursor.next, key, value, close", store -> {
            filled(store);
            return steps(store.bytesState("bytes")::cursor);
        });
        operations.put("FixedBytesState.cursor, BytesCursor.next, key, value, close", store -> {
            filled(store);
            return steps(store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH)::cursor);
        });
        operations.put("LongTimerState.forEachKey(1), forEachKey(2)", store -> {
            final LongTimerState timers = store.longTimerState("timers", TimeDomain.EVENT_TIME);
            for (int i = 0; i < ENTRY_COUNT; i++) {
                timers.registerTimer(KeySpace.keyOf(i), i);
            }
            final Consumers to = new Consumers();
            return index -> {
                if ((index & (2 * ENTRY_COUNT - 1)) == 0) { // each with a cursor of its own
                    timers.forEachKey(to.keys);
                } else if ((index & (2 * ENTRY_COUNT - 1)) == ENTRY_COUNT) {
                    timers.forEachKey(KeyGroupRange.part(1, 2), to.keys);
                }
                return index;
            };
        });
        return operations;
    }

    private static AllocationGate.Operation steps(final Supplier<BytesCursor> opener) {
        final BytesCursor[] cursor = {opener.get()};
        return index -> {
            if (!cursor[0].next()) {
                cursor[0].close();
                cursor[0] = opener.get();
                return 0;
            }
            return cursor[0].key().getLong(0) + cursor[0].value().getLong(0);
        };
    }

    /** An operation that walks over everything when as many entries are due. */
    private static OperationOf walk(final Function<DurableStateStore, Runnable> walkOf) {
        return store -> {
            final Runnable all = walkOf.apply(filled(store));
            return index -> {
                if ((index & (ENTRY_COUNT - 1)) == 0) {
                    all.run();
                }
                return index;
            };
        };
    }

    private static Map<String, OperationOf> walks() {
        final Consumers to = new Consumers();
        final KeyGroupRange range = KeyGroupRange.part(1, 2);
        final Map<String, OperationOf> operations = new LinkedHashMap<>();
        operations.put("LongLongState.forEach(1), forEach(2)", walk(store -> {
            final LongLongState state = store.longLongState("longs");
            return () -> {
                state.forEach(to.longs);
                state.forEach(range, to.longs);
            };
        }));
        operations.put("LongSetState.forEach(1), forEach(2)", walk(store -> {
            final LongSetState state = store.longSetState("set");
            return () -> {
                state.forEach(to.keys);
                state.forEach(range, to.keys);
            };
        }));
        operations.put("LongDoubleState.forEach(1), forEach(2)", walk(store -> {
            final LongDoubleState state = store.longDoubleState("doubles");
            return () -> {
                state.forEach(to.doubles);
                state.forEach(range, to.doubles);
            };
        }));
        operations.put("LongBytesState.forEach(1), forEach(2)", walk(store -> {
            final LongBytesState state = store.longBytesState("longBytes");
            return () -> {
                state.forEach(to.longBytes);
                state.forEach(range, to.longBytes);
            };
        }));
        operations.put("BytesState.forEach(1), forEach(2)", walk(store -> {
            final BytesState state = store.bytesState("bytes");
            return () -> {
                state.forEach(to.bytes);
                state.forEach(range, to.bytes);
            };
        }));
        operations.put("FixedBytesState.forEach(1), forEach(2)", walk(store -> {
            final FixedBytesState state = store.fixedBytesState("fixed", KEY_LENGTH, VALUE_LENGTH);
            return () -> {
                state.forEach(to.bytes);
                state.forEach(range, to.bytes);
            };
        }));
        return operations;
    }

    /** What the walks are given, made beforehand. */
    private static final class Consumers {
        private long sum;
        private final LongLongConsumer longs = (key, value) -> sum += value;
        private final LongKeyConsumer keys = key -> sum += key;
        private final LongDoubleConsumer doubles = (key, value) -> sum += (long) value;
        private final LongBytesConsumer longBytes = (key, value) -> sum += value.getLong(0);
        private final BytesConsumer bytes = (key, value) -> sum += value.getLong(0);
    }
}
