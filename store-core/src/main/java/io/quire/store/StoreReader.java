/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.StateKind;
import io.quire.store.codec.Codec;
import io.quire.store.errors.StateMismatchException;

/**
 * A thread's way to read a store beside its writer, without locks: while the writer writes, grows, removes, checkpoints
 * and loads pages. Each thread that reads asks the store for a reader of its own.
 *
 * <pre>{@code
 * try (StoreReader reader = store.reader()) {
 *     LongLongStateReader visits = reader.longLongState("visits");
 *     long count = visits.get(42L, 0);
 * }
 * }</pre>
 *
 * <p>Each read returns what the state held at one moment during the call, never a mixture, and never anything older
 * than what this thread has read before. Two reads are of two moments. Writes are visible at once, those of a batch
 * that is not committed included, and before they are durable.
 *
 * <p>A read that meets a change is repeated. If it does not get through, the writer pauses for it between two
 * operations, for 20 microseconds at most; after ten seconds it throws {@link
 * io.quire.store.errors.ReaderStarvedException}.
 *
 * <p>Closing the store waits for reads under way and makes every later one throw {@link
 * io.quire.store.errors.StoreClosedException}; it does not wait for readers to be closed. A reader whose thread has
 * ended need not be closed. Reading a store that is fail-stopped goes on.
 *
 * <p>Threading: confined to the thread that asked for it, which is checked.
 */
public final class StoreReader implements AutoCloseable {
    private final StateRegistry registry;
    private final ReaderSession session;

    StoreReader(final StateRegistry registry, final ReaderSession session) {
        this.registry = registry;
        this.session = session;
    }

    /**
     * Reads the state of a name.
     *
     * @param name of a state that exists
     * @return its reader, confined to this thread
     * @throws StateMismatchException when there is no such state, or it is of another kind
     */
    public LongLongStateReader longLongState(final String name) {
        final LongLongState state = (LongLongState) find(name, StateKind.LONG_LONG, StateCodecs.NONE);
        return new LongLongStateReader(state.tableReader(session));
    }

    /**
     * Reads the state of a name.
     *
     * @param name of a state that exists
     * @return its reader, confined to this thread
     * @throws StateMismatchException when there is no such state, or it is of another kind
     */
    public BytesStateReader bytesState(final String name) {
        final BytesState state = (BytesState) find(name, StateKind.BYTES, StateCodecs.NONE);
        return new BytesStateReader(state.tableReader(session));
    }

    /**
     * Reads the state of a name.
     *
     * @param name of a state that exists
     * @return its reader, confined to this thread
     * @throws StateMismatchException when there is no such state, or it is of another kind
     */
    public LongSetStateReader longSetState(final String name) {
        final LongSetState state = (LongSetState) find(name, StateKind.LONG_SET, StateCodecs.NONE);
        return new LongSetStateReader(state.tableReader(session));
    }

    /**
     * Reads the state of a name.
     *
     * @param name of a state that exists
     * @return its reader, confined to this thread
     * @throws StateMismatchException when there is no such state, or it is of another kind
     */
    public LongDoubleStateReader longDoubleState(final String name) {
        final LongDoubleState state = (LongDoubleState) find(name, StateKind.LONG_DOUBLE, StateCodecs.NONE);
        return new LongDoubleStateReader(state.tableReader(session));
    }

    /**
     * Reads the state of a name.
     *
     * @param name of a state that exists
     * @return its reader, confined to this thread
     * @throws StateMismatchException when there is no such state, or it is of another kind
     */
    public LongBytesStateReader longBytesState(final String name) {
        final LongBytesState state = (LongBytesState) find(name, StateKind.LONG_BYTES, StateCodecs.NONE);
        return new LongBytesStateReader(state.tableReader(session));
    }

    /**
     * Reads the state of a name.
     *
     * @param name of a state that exists
     * @param keyLength bytes of every key
     * @param valueLength bytes of every value
     * @return its reader, confined to this thread
     * @throws StateMismatchException when there is no such state, or it is of another kind or of other lengths
     */
    public FixedBytesStateReader fixedBytesState(final String name, final int keyLength, final int valueLength) {
        final FixedBytesState state =
                (FixedBytesState) find(name, StateKind.FIXED_BYTES, FixedBytesState.codecs(keyLength, valueLength));
        return new FixedBytesStateReader(state.tableReader(session), keyLength, valueLength);
    }

    /**
     * Reads the state of a name.
     *
     * @param name of a state that exists and was opened with these codecs
     * @param keyCodec how keys become bytes; used by this thread
     * @param valueCodec how values become bytes
     * @param <K> type of the keys
     * @param <V> type of the values
     * @return its reader, confined to this thread
     * @throws StateMismatchException when there is no such state, or it is of another kind or has other codecs
     */
    public <K, V> ValueStateReader<K, V> valueState(
            final String name, final Codec<K> keyCodec, final Codec<V> valueCodec) {
        final StateCodecs codecs =
                StateCodecs.NONE.with(CodecRole.KEY, keyCodec).with(CodecRole.VALUE, valueCodec);
        final BytesState state = (BytesState) find(name, StateKind.VALUE, codecs);
        return new ValueStateReader<>(
                new BytesStateReader(state.tableReader(session)), keyCodec, StoredCodec.of(state, valueCodec));
    }

    private KeyedState find(final String name, final StateKind kind, final StateCodecs codecs) {
        session.checkOpen();
        final KeyedState state = registry.find(name, kind);
        if (state == null) {
            throw new StateMismatchException(
                    "no such state: state=" + name + " kind=" + kind + "; a reader creates none, open it once before");
        }
        if (!codecs.evolved(state.descriptor(), 0).equals(state.descriptor())) { // no time to live, so no time
            throw new StateMismatchException("the state has not been opened with these codecs yet: state=" + name
                    + "; a reader changes none, let the writer open it first");
        }
        return state;
    }

    /** Ends reading; the readers of states it gave throw from now on. A second call does nothing. */
    @Override
    public void close() {
        session.close();
    }
}
