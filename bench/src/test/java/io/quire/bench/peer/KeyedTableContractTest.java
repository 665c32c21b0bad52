/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.table.DurableTable;
import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import io.quire.bench.work.KeySpace;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every adapter must do, so that the same figures mean the same thing. */
abstract class KeyedTableContractTest {
    private static final int ENTRY_COUNT = 500;
    private static final int OPERATION_COUNT = 4_000;

    @TempDir
    private Path directory;

    abstract Peer peer();

    static Stream<TableShape> shapes() {
        return Stream.of(
                TableShape.LONG_LONG, TableShape.bytes(8, 8), TableShape.bytes(8, 100), TableShape.bytes(24, 136));
    }

    /** What the table must hold: the bytes of each value. */
    private static final class Model {
        private final Map<Long, byte[]> values = new HashMap<>();
        private final TableShape shape;
        private final ValuePool pool;

        Model(final TableShape shape) {
            this.shape = shape;
            pool = new ValuePool(shape.valueLength());
        }

        void put(final long key, final long seed) {
            if (shape.longValues()) {
                final byte[] value = new byte[Long.BYTES];
                RawMemory.putLong(value, RawMemory.ARRAY_OFFSET, seed);
                values.put(key, value);
            } else {
                final int offset = pool.offsetOf(seed);
                values.put(key, Arrays.copyOfRange(pool.array(), offset, offset + shape.valueLength()));
            }
        }

        long addAndGet(final long key, final long delta) {
            final byte[] value = values.get(key);
            final long sum = RawMemory.getLong(value, RawMemory.ARRAY_OFFSET) + delta;
            RawMemory.putLong(value, RawMemory.ARRAY_OFFSET, sum);
            return sum;
        }

        long get(final long key) {
            final byte[] value = values.get(key);
            if (value == null) {
                return KeyedTable.MISSING;
            }
            return shape.longValues()
                    ? RawMemory.getLong(value, RawMemory.ARRAY_OFFSET)
                    : ValueDigest.ofArray(value, 0, value.length);
        }

        long scan() {
            return values.keySet().stream().mapToLong(this::get).sum();
        }
    }

    private TableContext context(final TableShape shape, final String name, final boolean durable) {
        try {
            return new TableContext(
                    shape, ENTRY_COUNT, ENTRY_COUNT, Files.createDirectories(directory.resolve(name)), durable);
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    private void assumeSupported(final TableShape shape) {
        Assumptions.assumeTrue(peer().supports(shape), "not supported: " + shape);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void shouldAgreeWithTheModelAfterRandomOperations(final TableShape shape) {
        assumeSupported(shape);
        final long seed = Long.getLong("seed", 20_261_123L);
        final SplittableRandom random = new SplittableRandom(seed);
        final Model model = new Model(shape);
        try (KeyedTable table = peer().open(context(shape, "model", false))) {
            for (int i = 0; i < OPERATION_COUNT; i++) {
                final long key = KeySpace.keyOf(random.nextInt(ENTRY_COUNT));
                final String step =
                        "seed=" + seed + " step=" + i + " replay: mvn test -Dtest=PeerContractTest -Dseed=" + seed;
                switch (random.nextInt(6)) {
                    case 0 -> {
                        table.remove(key);
                        model.values.remove(key);
                    }
                    case 1, 2 -> {
                        table.put(key, i);
                        model.put(key, i);
                    }
                    case 3 -> {
                        if (model.values.containsKey(key)) {
                            assertThat(table.addAndGet(key, i)).as(step).isEqualTo(model.addAndGet(key, i));
                        }
                    }
                    default -> assertThat(table.get(key)).as(step).isEqualTo(model.get(key));
                }
            }
            assertThat(table.size()).isEqualTo(model.values.size());
            assertThat(table.scan()).isEqualTo(model.scan());
            table.settle();
            assertThat(table.scan()).isEqualTo(model.scan());
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void shouldNotFindWhatWasNeverPut(final TableShape shape) {
        assumeSupported(shape);
        try (KeyedTable table = peer().open(context(shape, "absent", false))) {
            table.put(KeySpace.keyOf(1), 1);

            for (int i = 0; i < ENTRY_COUNT; i++) {
                assertThat(table.get(KeySpace.absentKeyOf(i))).isEqualTo(KeyedTable.MISSING);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void shouldFindEverythingAgainAfterACheckpoint(final TableShape shape) {
        assumeSupported(shape);
        Assumptions.assumeTrue(peer().durable(), "takes no checkpoints");
        final Model model = new Model(shape);
        final TableContext context = context(shape, "durable", true);
        try (KeyedTable table = peer().open(context)) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < ENTRY_COUNT; i += round + 1) {
                    table.put(KeySpace.keyOf(i), round * 1_000 + i);
                    model.put(KeySpace.keyOf(i), round * 1_000 + i);
                }
                assertThat(((DurableTable) table).checkpoint().join().durationNs())
                        .isPositive();
            }
        }
        try (KeyedTable table = peer().open(context)) {
            assertThat(table.size()).isEqualTo(ENTRY_COUNT);
            assertThat(table.scan()).isEqualTo(model.scan());
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void shouldSayWhatItIsSetTo(final TableShape shape) {
        final TableContext context = context(shape, "settings", false);

        assertThat(peer().settings(context)).containsKey("durability");
        assertThat(List.copyOf(peer().settings(context).values())).doesNotContain("unknown");
    }
}
