/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Random steps on a table and its model, with recovery now and then, and with room made when memory is full.
 *
 * @param <T> the table
 */
abstract class TableModelRun<T extends StateTable> {
    final Random random;
    PagedMemory memory;
    T table;
    private final TestMemory.Replica replica = new TestMemory.Replica();
    private final int recoverySteps;
    private int fullCount;

    /** The table is created in the memory and recovered once in so many steps. */
    TableModelRun(
            final long seed, final PagedMemory memory, final Function<PagedMemory, T> create, final int recoverySteps) {
        random = new Random(seed);
        this.memory = memory;
        this.recoverySteps = recoverySteps;
        table = create.apply(memory);
    }

    /** Runs in memories from a number of extents up to a limit, in each of which a table finds too little room. */
    static void fillMemory(
            final long seed,
            final int extentsMin,
            final int extentsLimit,
            final int steps,
            final int fullCountMin,
            final BiFunction<Long, PagedMemory, TableModelRun<?>> begin) {
        int fullCount = 0;
        for (int extents = extentsMin; extents < extentsLimit; extents++) {
            final TableModelRun<?> run = begin.apply(seed + extents, TestMemory.limited(seed, extents));
            run.steps(steps);
            fullCount += run.fullCount;
        }
        assertThat(fullCount).isGreaterThan(fullCountMin);
    }

    final void steps(final int count) {
        for (int i = 0; i < count; i++) {
            try {
                step();
            } catch (final StoreFullException e) {
                fullCount++;
                removeSome();
            }
            if (random.nextInt(recoverySteps) == 0) {
                recover();
            }
        }
        compare();
        end();
        memory.close();
    }

    private void recover() {
        compare();
        replica.checkpoint(memory);
        final long root = table.rootAddress();
        if (random.nextBoolean()) {
            memory.close();
            memory = replica.recover();
        }
        table = open(root);
    }

    /** Opens the table in the present memory. */
    abstract T open(long root);

    /** One change of both, or a look at both; what finds no memory has changed neither. */
    abstract void step();

    /** Makes room, and compares. */
    abstract void removeSome();

    abstract void compare();

    /** After the last step; the table and its model are equal. */
    void end() {}
}
