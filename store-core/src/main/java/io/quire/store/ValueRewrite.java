/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.table.RecordTable;
import io.quire.store.table.RecordTableCursor;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.LongSupplier;

/**
 * Rewrites all values of a state that older codecs have written, with the one it was opened with, and then takes the
 * older schemas out of the catalog: classes need not make sense of them any more, and their marks are free again. A
 * little at a time, between other operations:
 *
 * <pre>{@code
 * try (ValueRewrite rewrite = users.rewriteValues()) {
 *     while (!rewrite.run(1_000_000)) { // at most about a millisecond
 *         serve();
 *     }
 * }
 * }</pre>
 *
 * <p>Values are rewritten one by one, the elements of a list together; each is a change like any other, in memory and
 * in the log. What was rewritten stays so when the process ends: a rewriting that is begun again finds it done and only
 * looks at it. The schemas go with the last step and not before.
 *
 * <p>While a rewriting is under way, objects of the state that were opened with another codec may read and remove, but
 * not write values ({@link StateMismatchException}), and once it is complete they never may. Opening the state with
 * another codec ends it.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class ValueRewrite implements AutoCloseable {
    private static final int MERGED_MAX = 65_536;

    private final TypedState<?> state;
    private final KeyedState keyed;
    private final StateStore store;
    private final StoredCodec<?> codec;
    private final CodecHistory history;
    private final LongSupplier nanoClock;
    private final Queue<byte[]> merged = new ArrayDeque<>(); // keys that have got values from others meanwhile
    private RecordTableCursor cursor;
    private boolean passWhole; // nothing was left out since the cursor began
    private long rollbackCount;
    private long visitedCount;
    private long rewrittenCount;
    private boolean complete;
    private boolean closed;

    ValueRewrite(
            final TypedState<?> state,
            final KeyedState keyed,
            final StoredCodec<?> codec,
            final LongSupplier nanoClock) {
        this.state = state;
        this.keyed = keyed;
        this.codec = codec;
        this.nanoClock = nanoClock;
        store = keyed.store;
        history = history();
        store.beforeWrite();
        if (!codec.makesObjects()) {
            throw new ConfigurationException(
                    "values that are read where they lie cannot be rewritten by their codec: state=" + keyed.name());
        }
        checkCurrent();
        if (keyed.rewrite != null) {
            keyed.rewrite.close(); // forgotten
        }
        keyed.rewrite = this;
        keyed.marks.restrictTo(codec.mark());
    }

    private CodecHistory history() {
        return keyed.descriptor().codecs().get(CodecRole.VALUE);
    }

    private void checkCurrent() {
        final CodecHistory now = history();
        if (now.mark() != codec.mark() || !now.equals(history)) {
            throw new StateMismatchException("the state was opened with another codec since: state=" + keyed.name()
                    + " found=" + now.current().describe() + "; rewrite the values of the object opened last");
        }
    }

    /**
     * Goes on for a while. At least one key or entry is looked at; the time is looked at between them, so that a list
     * takes as long as rewriting all its elements takes. May be called again after an exception.
     *
     * @param budgetNs nanoseconds after which to stop
     * @return whether all values are rewritten and the older schemas dropped
     * @throws ConfigurationException inside a batch
     * @throws IllegalStateException when it was closed, or another rewriting of the state began, or the state was
     *     dropped
     * @throws StateMismatchException when the state was opened with another codec since
     * @throws io.quire.store.errors.StoreFullException when there is no memory, or a list has more than {@link
     *     ListState#CHANGE_LENGTH_MAX} bytes of elements; what a codec throws for a value it cannot read or write comes
     *     through too. That value is as it was, the rest can be rewritten by further calls, and the schemas stay
     */
    public boolean run(final long budgetNs) {
        if (complete) {
            return true;
        }
        store.beforeWrite();
        if (closed) {
            throw new IllegalStateException("the rewriting was closed: state=" + keyed.name());
        }
        if (store.inBatch()) {
            throw new ConfigurationException("values cannot be rewritten inside a batch: state=" + keyed.name());
        }
        checkCurrent();
        keyed.size(); // throws when the state was dropped
        final long start = nanoClock.getAsLong();
        do {
            if (step()) {
                complete();
                return true;
            }
        } while (nanoClock.getAsLong() - start < budgetNs);
        return false;
    }

    /** Looks at one record; returns whether none is left. */
    private boolean step() {
        final RecordTable table = state.valueTable();
        final byte[] key = merged.poll();
        if (key != null) {
            final long record = table.find(key, state.keyOffset(), key.length);
            if (record != RecordTable.NOT_FOUND) {
                rewrite(record);
            }
            return false;
        }
        if (cursor == null) {
            cursor = table.cursor();
            passWhole = true;
            rollbackCount = store.rollbackCount();
        }
        if (cursor.next()) {
            rewrite(cursor.record());
            return false;
        }
        cursor = null;
        return passWhole && rollbackCount == store.rollbackCount(); // which may have put older values back
    }

    private void rewrite(final long record) {
        boolean done = false;
        store.beginWalk();
        try {
            rewrittenCount += state.rewriteRecord(record);
            visitedCount++;
            done = true;
        } finally {
            store.endWalk();
            passWhole &= done;
        }
    }

    private void complete() {
        final StateDescriptor descriptor = keyed.descriptor();
        final StateDescriptor pruned = descriptor.with(CodecRole.VALUE, history.onlyCurrent());
        if (!pruned.equals(descriptor)) {
            store.alter(keyed, pruned);
            for (int mark = 0; mark < history.identities().size(); mark++) {
                if (mark != codec.mark()) {
                    keyed.marks.drop(mark);
                }
            }
        }
        complete = true;
        close();
    }

    /** Values are about to be moved to a key without being written; not before the next step. */
    void valuesMovedTo(final byte[] key) {
        final boolean whole = passWhole;
        passWhole = false; // a queue that finds no memory to grow loses keys that are in it: another pass then
        if (merged.size() < MERGED_MAX) {
            merged.add(key);
            passWhole = whole;
        }
    }

    /** {@return whether all values are rewritten and the older schemas dropped} */
    public boolean isComplete() {
        return complete;
    }

    /** {@return keys, or entries of maps, looked at so far; again where it had to be} */
    public long visitedCount() {
        return visitedCount;
    }

    /** {@return values rewritten so far} */
    public long rewrittenCount() {
        return rewrittenCount;
    }

    /**
     * Ends the rewriting; what is rewritten stays so. Closing again does nothing, and so may be closed what was not
     * before the store was.
     *
     * @throws io.quire.store.errors.NotWriterException when another thread is the writer; the rewriting goes on
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (!store.unreadable()) {
            store.beforeRead();
        }
        closed = true;
        if (cursor != null) {
            cursor.close();
            cursor = null;
        }
        merged.clear();
        if (keyed.rewrite == this) {
            keyed.rewrite = null;
        }
        keyed.marks.lift();
    }
}
