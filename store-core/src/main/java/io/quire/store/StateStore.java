/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.catalog.StateKind;
import io.quire.store.changelog.ChangeLog;
import io.quire.store.codec.Codec;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.NotWriterException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreIoException;
import io.quire.store.memory.PagedMemory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;

/**
 * A store of keyed states in paged memory. States are created on first use and found again by name. Writes go to memory
 * first and to the change log, if there is one, before the call returns.
 *
 * <p>The first thread that reads or writes an entry becomes the writer; only it may, until {@link
 * #releaseOwnership()} or its end. Opening a state does not make a thread the writer. Between two
 * operations the writer runs the duty that the durable layer has asked for, such as a checkpoint's barrier.
 *
 * <p>Once something failed that must not be papered over, such as the change log, the store is fail-stopped: reads go
 * on, every write throws {@link StoreFailedException} with the first cause. Once a batch could not be taken back, or an
 * error of the JVM, such as no memory, came in the middle of a change, every read does, too: half of it may be left.
 * Of a state that was being copied for its first time to live nothing is left, so reads go on.
 *
 * <p>Threading: single writer; other threads read through a {@link #reader()} of their own.
 */
public final class StateStore implements AutoCloseable {
    private static final long DEPARTURE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long STARVED_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long READERS_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(30);

    /** Default time that the writer spends at once on removing what has expired, nanoseconds. */
    public static final long EXPIRY_BUDGET_NS_DEFAULT = TimeUnit.MICROSECONDS.toNanos(50);

    private final PagedMemory memory;
    private final Ownership ownership = new Ownership();
    private final UndoLog undoLog = new UndoLog();
    private final StateLog log = new StateLog(this);
    private final ExpiryClock expiryClock;
    private final ExpiryCleaner expiryCleaner;
    private final StateRegistry registry;
    private final Readers readers = new Readers(this::requestDuty, STARVED_NS);

    private Thread writer;
    private WriterDuty duty;
    private volatile boolean dutyRequested;
    private boolean batch;
    private long rollbackCount;
    private Object currentKey;
    private int walks;
    private int parts; // of a batch that are under way: what they call cannot end it
    private volatile boolean closed;
    private volatile boolean unreadable; // closed, or nobody knows what the memory holds
    private boolean memoryClosed;
    private volatile Throwable failure;

    /**
     * Opens the store that a memory holds, or creates it in a new one. The store closes the memory.
     *
     * @param memory new or recovered
     * @throws CorruptStoreException when the recovered pages do not hold a store
     */
    public StateStore(final PagedMemory memory) {
        this(memory, SystemEpochClock.INSTANCE, SystemNanoClock.INSTANCE);
    }

    /**
     * Opens the store that a memory holds, or creates it in a new one. The store closes the memory.
     *
     * @param memory new or recovered
     * @param epochClock tells the time by which entries with a time to live expire, milliseconds since 1970 or any
     *     other moment; asked by the writer and by readers, so thread-safe. The store takes no notice when it goes
     *     back, see {@link ExpiryClock}
     * @param nanoClock measures what removing them takes, nanoseconds
     * @throws CorruptStoreException when the recovered pages do not hold a store
     */
    public StateStore(final PagedMemory memory, final EpochClock epochClock, final NanoClock nanoClock) {
        this.memory = memory;
        expiryClock = new ExpiryClock(this, epochClock);
        expiryCleaner = new ExpiryCleaner(this, nanoClock);
        registry = new StateRegistry(this);
    }

    /**
     * The state of a name, created when there is none.
     *
     * @param name 1..255 bytes of UTF-8
     * @return the state, the same object each time
     * @throws StateMismatchException when the name belongs to a state of another kind
     * @throws io.quire.store.errors.StoreFullException when a new state finds no memory
     */
    public LongLongState longLongState(final String name) {
        return (LongLongState) state(name, StateKind.LONG_LONG, StateCodecs.NONE);
    }

    /**
     * The state of a name, created when there is none, whose entries have a time to live. It can be changed, switched
     * off and on again later, by opening the state with another one. What has expired is never returned; which methods
     * start the time anew stands in {@code docs/states.md}.
     *
     * <p>A state that was created without one can get one, too: its entries have no room for timestamps, so this call
     * copies all of them, O(entries), to a table whose entries do, and they count as written now. Until it returns the
     * writer does nothing else, and there is memory for both tables; the log gets one record, and a crash leaves the
     * one or the other. Objects of the state, and readers of it, that were there before throw {@link
     * IllegalStateException} from then on.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeToLive how long entries live; a state that is created with {@link TimeToLive#OFF} is one without
     * @return the state, the same object each time from its first time to live on
     * @throws StateMismatchException when the name belongs to a state of another kind
     * @throws ConfigurationException when a state is to be created or its time to live to be changed inside a batch, or
     *     the first one to be given inside a walk over entries
     * @throws io.quire.store.errors.StoreFullException when a new state, or the copy, finds no memory, or a value of
     *     bytes is too long for a timestamp; the state is as it was
     * @throws StoreClosedException when the store is closed, also during the copy, which then is given up
     * @throws StoreIoException when a page cannot be read, as they load after recovery; the state is as it was
     * @throws CorruptStoreException when such a page is damaged; the state is as it was
     * @throws StoreFailedException after an error of the JVM in the copy, such as no memory: the store can be read
     */
    public LongLongState longLongState(final String name, final TimeToLive timeToLive) {
        return (LongLongState) state(name, StateKind.LONG_LONG, StateCodecs.NONE.with(timeToLive));
    }

    /**
     * The state of a name, created when there is none.
     *
     * @param name 1..255 bytes of UTF-8
     * @return the state, the same object each time
     * @throws StateMismatchException when the name belongs to a state of another kind
     * @throws io.quire.store.errors.StoreFullException when a new state finds no memory
     */
    public BytesState bytesState(final String name) {
        return (BytesState) state(name, StateKind.BYTES, StateCodecs.NONE);
    }

    /**
     * The state of a name, created when there is none, whose entries have a time to live.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeToLive how long entries live, see {@link #longLongState(String, TimeToLive)}
     * @return the state, the same object each time
     * @throws StateMismatchException when the name belongs to a state of another kind
     * @throws io.quire.store.errors.StoreFullException as there
     */
    public BytesState bytesState(final String name, final TimeToLive timeToLive) {
        return (BytesState) state(name, StateKind.BYTES, StateCodecs.NONE.with(timeToLive));
    }

    /**
     * The state of a name, created when there is none.
     *
     * @param name 1..255 bytes of UTF-8
     * @return the state, the same object each time
     * @throws StateMismatchException when the name belongs to a state of another kind
     * @throws io.quire.store.errors.StoreFullException when a new state finds no memory
     */
    public LongSetState longSetState(final String name) {
        return (LongSetState) state(name, StateKind.LONG_SET, StateCodecs.NONE);
    }

    /**
     * The state of a name, created when there is none, whose entries have a time to live.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeToLive how long entries live, see {@link #longLongState(String, TimeToLive)}
     * @return the state, the same object each time
     * @throws StateMismatchException when the name belongs to a state of another kind
     * @throws io.quire.store.errors.StoreFullException as there
     */
    public LongSetState longSetState(final String name, final TimeToLive timeToLive) {
        return (LongSetState) state(name, StateKind.LONG_SET, StateCodecs.NONE.with(timeToLive));
    }

    /**
     * The state of a name, created when there is none.
     *
     * @param name 1..255 bytes of UTF-8
     * @return the state, the same object each time
     * @throws StateMismatchException when the name belongs to a state of another kind
     * @throws io.quire.store.errors.StoreFullException when a new state finds no memory
     */
    public LongDoubleState longDoubleState(final String name) {
        return (LongDoubleState) state(name, StateKind.LONG_DOUBLE, StateCodecs.NONE);
    }

    /**
     * The state of a name, created when there is none, whose entries have a time to live.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeToLive how long entries live, see {@link #longLongState(String, TimeToLive)}
     * @return the state, the same object each time
     * @throws StateMismatchException when the name belongs to a state of another kind
     * @throws io.quire.store.errors.StoreFullException as there
     */
    public LongDoubleState longDoubleState(final String name, final TimeToLive timeToLive) {
        return (LongDoubleState) state(name, StateKind.LONG_DOUBLE, StateCodecs.NONE.with(timeToLive));
    }

    /**
     * The state of a name, created when there is none.
     *
     * @param name 1..255 bytes of UTF-8
     * @return the state, the same object each time
     * @throws StateMismatchException when the name belongs to a state of another kind
     * @throws io.quire.store.errors.StoreFullException when a new state finds no memory
     */
    public LongBytesState longBytesState(final String name) {
        return (LongBytesState) state(name, StateKind.LONG_BYTES, StateCodecs.NONE);
    }

    /**
     * The state of a name, created when there is none, whose entries have a time to live.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeToLive how long entries live, see {@link #longLongState(String, TimeToLive)}
     * @return the state, the same object each time
     * @throws StateMismatchException when the name belongs to a state of another kind
     * @throws io.quire.store.errors.StoreFullException as there
     */
    public LongBytesState longBytesState(final String name, final TimeToLive timeToLive) {
        return (LongBytesState) state(name, StateKind.LONG_BYTES, StateCodecs.NONE.with(timeToLive));
    }

    /**
     * Timers of longs, created when there are none.
     *
     * @param name 1..255 bytes of UTF-8
     * @param timeDomain which time makes them due
     * @return the state
     * @throws StateMismatchException when the name belongs to a state of another kind, of other keys or with namespaces
     * @throws io.quire.store.errors.StoreFullException when a new state finds no memory
     */
    public LongTimerState longTimerState(final String name, final TimeDomain timeDomain) {
        final StateKind kind = Objects.requireNonNull(timeDomain, "time domain").kind();
        return new LongTimerState((BytesTimerState) state(name, kind, LongTimerState.codecs()));
    }

    /**
     * The state of a name, created when there is none.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyLength bytes of every key, 1..{@link FixedBytesState#KEY_LENGTH_MAX}
     * @param valueLength bytes of every value, 0..{@link FixedBytesState#VALUE_LENGTH_MAX}
     * @return the state, the same object each time
     * @throws StateMismatchException when the name belongs to a state of another kind or of other lengths
     * @throws ConfigurationException when a length is out of range
     * @throws io.quire.store.errors.StoreFullException when a new state finds no memory
     */
    public FixedBytesState fixedBytesState(final String name, final int keyLength, final int valueLength) {
        FixedBytesState.checkLengths(keyLength, valueLength);
        return fixedBytesState(name, FixedBytesState.codecs(keyLength, valueLength));
    }

    /**
     * The state of a name, created when there is none, whose entries have a time to live.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyLength bytes of every key, 1..{@link FixedBytesState#KEY_LENGTH_MAX}
     * @param valueLength bytes of every value, 0..{@link FixedBytesState#VALUE_LENGTH_MAX}
     * @param timeToLive how long entries live, see {@link #longLongState(String, TimeToLive)}
     * @return the state, the same object each time
     * @throws StateMismatchException when the name belongs to a state of another kind or of other lengths
     * @throws ConfigurationException when a length is out of range
     * @throws io.quire.store.errors.StoreFullException as there
     */
    public FixedBytesState fixedBytesState(
            final String name, final int keyLength, final int valueLength, final TimeToLive timeToLive) {
        FixedBytesState.checkLengths(keyLength, valueLength);
        return fixedBytesState(
                name, FixedBytesState.codecs(keyLength, valueLength).with(timeToLive));
    }

    private FixedBytesState fixedBytesState(final String name, final StateCodecs codecs) {
        return (FixedBytesState) state(name, StateKind.FIXED_BYTES, codecs);
    }

    /**
     * The state of a name, created when there is none.
     *
     * @param name 1..255 bytes of UTF-8
     * @param keyCodec how keys become bytes
     * @param valueCodec how values become bytes
     * @param <K> type of the keys
     * @param <V> type of the values
     * @return the state
     * @throws StateMismatchException when the name belongs to a state of another kind or with other codecs
     * @throws io.quire.store.errors.StoreFullException when a new state finds no memory
     */
    public <K, V> ValueState<K, V> valueState(final String name, final Codec<K> keyCodec, final Codec<V> valueCodec) {
        return state(TypedStateDescriptor.value(name, keyCodec, valueCodec));
    }

    /**
     * The state that a descriptor names, created when there is none.
     *
     * @param descriptor name, kind and codecs
     * @param <K> type of the keys
     * @param <S> the state
     * @return the state
     * @throws StateMismatchException when the name belongs to a state of another kind or with codecs that do not fit
     * @throws io.quire.store.errors.StoreFullException when a new state finds no memory
     */
    public <K, S extends TypedState<K>> S state(final TypedStateDescriptor<K, S> descriptor) {
        return Objects.requireNonNull(descriptor, "descriptor").open(this);
    }

    /**
     * The state that a descriptor names, with a namespace as a part of each key; created when there is none.
     *
     * @param descriptor name, kind and codecs
     * @param namespaceCodec how namespaces become bytes
     * @param <K> type of the keys
     * @param <N> type of the namespaces
     * @param <S> the state
     * @return the state
     * @throws StateMismatchException when the name belongs to a state of another kind or with codecs that do not fit
     * @throws io.quire.store.errors.StoreFullException when a new state finds no memory
     */
    public <K, N, S extends TypedState<K>> NamespacedState<K, N, S> state(
            final TypedStateDescriptor<K, S> descriptor, final Codec<N> namespaceCodec) {
        return Objects.requireNonNull(descriptor, "descriptor").open(this, namespaceCodec);
    }

    /**
     * Drops a state with everything in it and gives its space back, O(segments and heap extents). Its name may be used
     * again, for a state of any kind; objects of the dropped one throw {@link IllegalStateException} from then on.
     *
     * @param name its name
     * @return whether there was one
     * @throws ConfigurationException inside a batch or a walk over entries, or for the positions of sources, without
     *     which what feeds the store would be read again
     * @throws StoreIoException when one of its pages cannot be read, as they load after recovery; it is as it was
     * @throws CorruptStoreException when such a page is damaged; the state is as it was
     */
    public boolean dropState(final String name) {
        Objects.requireNonNull(name, "state name");
        beforeWrite();
        if (batch || walks > 0) {
            throw new ConfigurationException(
                    "a state cannot be dropped inside a batch or a walk over entries: state=" + name);
        }
        SourcePosition.checkNotKept(name, "dropped");
        final KeyedState state = registry.find(name);
        if (state == null) {
            return false;
        }
        registry.drop(state);
        log.drop(state.descriptor());
        return true;
    }

    /**
     * Sets the key that the {@code current()} of every typed state means until the next one is set, as in Flink.
     *
     * @param key not null; of the type of the keys of each state that is used then
     */
    public void setCurrentKey(final Object key) {
        beforeRead();
        currentKey = Objects.requireNonNull(key, "key");
    }

    /** Sets the current key, or none, by a caller that has checked the thread; returns what it was, null = none. */
    Object exchangeCurrentKey(final Object key) {
        final Object before = currentKey;
        currentKey = key;
        return before;
    }

    Object currentKey() {
        if (currentKey == null) {
            throw new IllegalStateException("no current key was set: use setCurrentKey of the store");
        }
        return currentKey;
    }

    /**
     * A reader for the calling thread, which reads beside the writer and without hindering it. From any thread, the
     * writer's too.
     *
     * @return a reader, confined to the calling thread
     * @throws StoreClosedException when the store is closed
     */
    public StoreReader reader() {
        return new StoreReader(registry, readers.open());
    }

    /** {@return nanoseconds that the writer has paused for readers that did not get through} */
    public long readerTurnNs() {
        return readers.turnNs();
    }

    /**
     * Where a source that feeds the store stands, see {@link SourcePosition}.
     *
     * @param source its name, 1 or more bytes of UTF-8
     * @return its position, to be read and set
     * @throws io.quire.store.errors.StoreFullException when the first source finds no memory
     */
    public SourcePosition source(final String source) {
        return source(source.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Where a source that feeds the store stands, see {@link SourcePosition}.
     *
     * @param source what names it, 1..{@link BytesState#KEY_LENGTH_MAX} bytes; copied
     * @return its position, to be read and set
     * @throws io.quire.store.errors.StoreFullException when the first source finds no memory
     */
    public SourcePosition source(final byte[] source) {
        final KeyedState positions = state(SourcePosition.STATE_NAME, StateKind.SOURCES, StateCodecs.NONE);
        return new SourcePosition((BytesState) positions, source);
    }

    /**
     * The state of an id, as it stands in the change log. From any thread.
     *
     * @param stateId the id
     * @return what it is, or was when it was dropped since the store was opened; null when there is none
     */
    public StateDescriptor descriptor(final int stateId) {
        return registry.descriptor(stateId);
    }

    /** {@return all states, by id} */
    public List<KeyedState> states() {
        beforeRead();
        return registry.states();
    }

    /** The state of a name, created when there is none, with its values' codec replaced when it has evolved. */
    KeyedState state(final String name, final StateKind kind, final StateCodecs codecs) {
        Objects.requireNonNull(name, "state name");
        if (closed) {
            throw departed();
        }
        final KeyedState existing = registry.find(name, kind);
        if (existing == null) {
            return asWriter(() -> create(name, kind, codecs));
        }
        return codecs.evolved(existing.descriptor(), expiryClock.nowMs()).equals(existing.descriptor())
                ? existing
                : asWriter(() -> alter(existing.id, codecs));
    }

    /**
     * Whoever opens a state while there is no writer, usually right after opening, does not stay the writer for it.
     */
    private KeyedState asWriter(final Supplier<KeyedState> change) {
        final boolean claimed = claimBriefly();
        try {
            return change.get();
        } finally {
            if (claimed) {
                endBriefClaim();
            } else if (closed && parts == 0) { // meanwhile: who was told may not call again, but a part goes on
                departed();
            }
        }
    }

    private KeyedState create(final String name, final StateKind kind, final StateCodecs codecs) {
        beforeWrite();
        if (batch) {
            throw new ConfigurationException(
                    "a state cannot be created inside a batch: state=" + name + "; open it once before the batch");
        }
        if (kind != StateKind.SOURCES) {
            SourcePosition.checkNotKept(name, "opened as another kind");
        }
        final KeyedState state;
        try {
            state = registry.create(name, kind, codecs);
        } catch (final StateStoreException | Error e) {
            throw changeFailed(e);
        }
        log.create(state.descriptor());
        return state;
    }

    private KeyedState alter(final int stateId, final StateCodecs codecs) {
        beforeWrite();
        final KeyedState state = registry.ofIdOrNull(stateId); // not what it was before this was the writer
        if (state == null) {
            throw new IllegalStateException("the state was dropped while it was opened: stateId=" + stateId);
        }
        if (batch) {
            throw new ConfigurationException("neither a codec nor a time to live can be replaced inside a batch: state="
                    + state.name() + "; open the state once before the batch");
        }
        StateDescriptor evolved = codecs.evolved(state.descriptor(), state.marks.dropped(), expiryClock.nowMs());
        if (evolved.isCopyOf(state.descriptor())) {
            if (walks > 0) {
                throw new ConfigurationException("a state that is copied for it cannot get its first time to live"
                        + " inside a walk over entries: state=" + state.name());
            }
            evolved = evolved.with(evolved.expiry().sincePosition(log.position()));
        }
        final KeyedState altered = alter(state, evolved);
        altered.marks.lift(); // no rewriting of its values goes on with another codec
        return altered;
    }

    /** Gives a state another descriptor, outside a batch. Returns the state, which may be another object then. */
    KeyedState alter(final KeyedState state, final StateDescriptor descriptor) {
        final byte[] encoded = descriptor.encode(); // throws before anything is changed
        final KeyedState altered = registry.alter(state, descriptor);
        altered.expiry.nextPassMs(Long.MIN_VALUE);
        log.alter(descriptor, encoded);
        return altered;
    }

    /** {@return the time by which entries expire; the same object each time} */
    public ExpiryClock expiryClock() {
        return expiryClock;
    }

    ExpiryCleaner expiryCleaner() {
        return expiryCleaner;
    }

    /**
     * Removes entries that have expired, from where it stopped the last time, until the time is spent or every state
     * with a time to live that was opened has been walked over. The writer does the same by itself, for a budget that
     * {@link #expiryBudgetNs} sets, while it writes such entries and when it polls; what has expired is not returned in
     * any case. By the writer, outside of batches and walks.
     *
     * @param budgetNs nanoseconds, not negative; the step that exceeds them is completed: one removal, that of up to
     *     256 elements of a list, or the copying of 64 KiB
     * @return entries and elements removed
     * @throws ConfigurationException inside a batch or a walk over entries, or when the budget is negative
     */
    public long cleanExpired(final long budgetNs) {
        beforeWrite();
        if (batch || walks > 0) {
            throw new ConfigurationException("expired entries cannot be removed inside a batch or a walk over entries");
        }
        return expiryCleaner.clean(budgetNs);
    }

    /**
     * Sets the time that the writer spends at once on removing what has expired without being asked.
     *
     * @param value nanoseconds, 0 = none; {@link #EXPIRY_BUDGET_NS_DEFAULT} at first
     * @throws ConfigurationException when it is negative
     */
    public void expiryBudgetNs(final long value) {
        if (value < 0) {
            throw new ConfigurationException("expiryBudgetNs is out of range: found=" + value + " expected=0 or more");
        }
        expiryCleaner.budgetNs(value);
    }

    /** {@return what the removal of expired entries has done so far; the same object each time} */
    public ExpiryCounters expiryCounters() {
        return expiryCleaner.counters();
    }

    StateRegistry registry() {
        return registry;
    }

    StateLog log() {
        return log;
    }

    /**
     * Begins a batch: the writes up to {@link #commitBatch()}, on any states, are applied and recovered all or not at
     * all, and no checkpoint falls between them. They are visible to reads at once.
     *
     * @throws ConfigurationException when a batch is open already
     */
    public void beginBatch() {
        beforeWrite();
        if (batch) {
            throw new ConfigurationException("a batch is open already");
        }
        undoLog.clear();
        log.beginGroup();
        batch = true;
    }

    /**
     * Ends a batch; its writes are acknowledged together.
     *
     * @throws ConfigurationException when no batch is open, or it outgrew the change log, or the caller is inside an
     *     operation that is a part of the batch, such as the delivery of a timer; the batch is still open then
     */
    public void commitBatch() {
        commitBatch(false);
    }

    /**
     * Ends a batch like {@link #commitBatch()}, acknowledged no earlier than a level asks for.
     *
     * @param least {@link Durability#SYNC}: returns when the batch survives power loss, whatever the store's level;
     *     any other level adds nothing to the store's
     * @throws ConfigurationException as {@link #commitBatch()}, or when SYNC is asked of a store that keeps no change
     *     log; the batch is still open then
     */
    public void commitBatch(final Durability least) {
        commitBatch(least == Durability.SYNC);
    }

    private void commitBatch(final boolean forced) {
        beforeWrite();
        checkBatch();
        endBatch(forced);
    }

    private void endBatch(final boolean forced) {
        if (forced) {
            log.checkLogged();
        }
        if (log.groupTooLarge()) {
            throw new ConfigurationException("the batch outgrew the change log and can only be rolled back");
        }
        try {
            undoLog.commit(registry);
        } catch (final StateStoreException e) {
            throw fail(e);
        } catch (final Error e) { // half of it is forgotten, so the rest cannot be taken back either
            throw failUnreadable(e);
        }
        batch = false;
        log.commitGroup(forced);
        expiryClock.batchCommitted();
    }

    /**
     * Waits until everything written so far survives power loss: called after an operation, it makes that one {@link
     * Durability#SYNC}. By the writer, outside a batch.
     *
     * @throws ConfigurationException inside a batch, or when the store keeps no change log
     * @throws StoreFailedException when the log has failed; the store is fail-stopped
     */
    public void sync() {
        beforeWrite();
        log.checkLogged();
        if (batch) {
            throw new ConfigurationException("a batch is open: commit it with Durability.SYNC");
        }
        log.force();
    }

    /**
     * Ends a batch and puts back what its writes changed.
     *
     * @throws StoreFailedException when that fails, for example because there is no memory: the store is fail-stopped
     *     then, and neither writes nor reads succeed until it is reopened
     * @throws ConfigurationException when no batch is open, or the caller is inside an operation that is a part of it,
     *     such as the delivery of a timer
     */
    public void rollbackBatch() {
        beforeWrite();
        checkBatch();
        takeBatchBack();
    }

    private void takeBatchBack() {
        rollbackCount++;
        try {
            memory.liftLimit(true);
            undoLog.rollback(registry);
        } catch (final Throwable e) { // an error of the JVM, too: half of the batch may be left
            throw failUnreadable(e);
        } finally {
            memory.liftLimit(false);
        }
        batch = false;
        try {
            log.abortGroup();
        } catch (final RuntimeException | Error e) {
            throw fail(e);
        }
    }

    /** Fail-stops the store when what is in memory is no state that ever was. */
    StoreFailedException failUnreadable(final Throwable cause) {
        failure = failure == null ? cause : failure; // before anything is allocated or called, which may fail or read
        unreadable = true;
        dutyRequested = true; // the next write takes the slow way and is told
        readers.refuse(failure);
        return fail(cause);
    }

    /** How many batches were taken back. */
    long rollbackCount() {
        return rollbackCount;
    }

    /**
     * Makes changes all or none: as a batch of its own, or as a part of the open one. What they call cannot end the
     * batch. However they end, a batch of their own is over afterwards, unless the store has failed or was closed,
     * which is the end of all its batches; the memory may be gone then.
     */
    void inOneBatch(final Runnable changes) {
        if (batch) {
            runPart(changes);
            return;
        }
        beginBatch();
        try {
            runPart(changes);
            beforeWrite();
            endBatch(false);
        } catch (final Throwable e) { // whatever it is: not only Java knows no checked exceptions
            if (batch && failure == null && !closed) { // told of the close, this thread counts as gone: touch nothing
                takeBatchBack();
            }
            throw e;
        }
    }

    private void runPart(final Runnable changes) {
        parts++;
        try {
            changes.run();
        } finally {
            parts--;
        }
    }

    /** Refuses what is taken back by itself when it fails, which a part of a batch cannot be. */
    void checkOutsideParts(final String what, final String stateName) {
        if (parts > 0) {
            throw new ConfigurationException(what + " from inside an operation that is a part of a batch, such as the"
                    + " delivery of a timer: state=" + stateName);
        }
    }

    private void checkBatch() {
        if (!batch) {
            throw new ConfigurationException("no batch is open");
        }
        if (parts > 0) {
            throw new ConfigurationException("a batch cannot be ended from inside an operation that is a part of it,"
                    + " such as the delivery of a timer");
        }
    }

    /** {@return whether a batch is open} */
    public boolean inBatch() {
        return batch;
    }

    UndoLog undoLog() {
        return undoLog;
    }

    /** Closed, or nobody knows what the memory holds. */
    boolean unreadable() {
        return unreadable;
    }

    /**
     * Checks that the caller may read now. A reader has the writer's role too, so that memory stays mapped under it.
     */
    void beforeRead() {
        if (unreadable) {
            throw closed ? departed() : failed();
        }
        if (Thread.currentThread() != writer) {
            ownership.claim();
            takeOver();
        }
    }

    /** A walk over entries begins: until it ends the caller is inside an operation, whatever its consumer calls. */
    void beginWalk() {
        beforeRead();
        walks++;
    }

    /**
     * Throws when the caller is inside a walk over entries or a change of several, under which memory must stay.
     *
     * @throws ConfigurationException when it is
     */
    public void checkNotWalking() {
        if ((walks > 0 || parts > 0) && Thread.currentThread() == writer) {
            throw new ConfigurationException(
                    "the store cannot be closed from inside a walk over its entries or a change of several");
        }
    }

    /** The role came from nobody, or from a thread that has ended: a batch it left open is taken back first. */
    private void takeOver() {
        writer = Thread.currentThread();
        walks = 0;
        parts = 0;
        if (batch) {
            takeBatchBack();
        }
    }

    void endWalk() {
        if (walks > 0) { // one from before a take-over is forgotten, and must not end another's
            walks--;
        }
        if (closed && parts == 0) { // not told: a part of a batch goes on
            departed();
        }
    }

    /** Checks that the caller may write now, and runs the duty that is due between two operations. */
    void beforeWrite() {
        if (Thread.currentThread() != writer) {
            claimOwnership();
        }
        if (dutyRequested) {
            runDuty();
        }
    }

    void beforeClear(final String state) {
        beforeWrite();
        if (batch) {
            throw new ConfigurationException("a state cannot be cleared inside a batch: state=" + state);
        }
    }

    private void claimOwnership() {
        checkWritable();
        ownership.claim();
        takeOver();
    }

    /**
     * Throws when no write can succeed any more.
     *
     * @throws StoreClosedException when the store is closed
     * @throws StoreFailedException when it is fail-stopped
     */
    public void checkWritable() {
        if (closed) {
            throw departed();
        }
        if (failure != null) {
            throw failed();
        }
    }

    private StoreFailedException failed() {
        return new StoreFailedException(
                "the store is fail-stopped, reopen it; first cause: " + failure.getMessage(), failure);
    }

    /** The caller has seen the close and is inside no operation any more. */
    private StoreClosedException departed() {
        if (walks == 0) {
            ownership.departed();
        }
        return new StoreClosedException("the store is closed");
    }

    /**
     * Gives up the writer's role, so that the next thread that writes takes it over, which may be this one again; what
     * this thread has written is visible to it. While nobody has the role, due checkpoints are taken by the store's own
     * thread. Costs two volatile writes.
     *
     * @throws NotWriterException when the caller is not the writer
     * @throws ConfigurationException when a batch is open, or the caller is inside a walk over entries, such as the
     *     consumer of {@code forEach} or the updater of {@code update}: nothing would tell then that memory is in use
     */
    public void releaseOwnership() {
        beforeWrite();
        if (batch) {
            throw new ConfigurationException("ownership cannot be released inside a batch");
        }
        if (walks > 0) {
            throw new ConfigurationException("ownership cannot be released inside a walk over entries");
        }
        writer = null;
        ownership.release();
    }

    /**
     * Runs a due duty now, for a writer that has nothing to write for a while, and removes expired entries for as long
     * as {@link #expiryBudgetNs} allows. By the writer.
     */
    public void poll() {
        beforeWrite();
        if (!batch && walks == 0) {
            expiryCleaner.runIdle();
        }
    }

    private void runDuty() {
        readers.giveTurn();
        if (batch) {
            checkWritable();
            return;
        }
        dutyRequested = false;
        if (closed || failure != null) { // looked at after the request was taken back: none is lost
            dutyRequested = true;
            checkWritable();
        }
        if (duty != null) {
            duty.run();
        }
        if (walks == 0) {
            expiryCleaner.runDue();
        }
    }

    /**
     * Asks the writer to run its duty before its next operation.
     */
    public void requestDuty() {
        dutyRequested = true;
    }

    /**
     * Attaches the durable layer. By the opening thread, before the store is used.
     *
     * @param changeLog where changes go, or null for none
     * @param forcer waits until what was logged survives power loss; null without a log
     * @param everyWriteForced whether every write waits for that, or only those that ask for it
     * @param logPosition where the log ended that was kept before, when none is kept now
     * @param writerDuty what {@link #requestDuty()} asks for, or null
     */
    public void attach(
            final ChangeLog changeLog,
            final WriteAcknowledger forcer,
            final boolean everyWriteForced,
            final long logPosition,
            final WriterDuty writerDuty) {
        log.attach(changeLog, forcer, everyWriteForced, logPosition);
        duty = writerDuty;
    }

    /**
     * A change may be done in part, and the store stops, which is whole again after reopening: a page could not be
     * loaded in its middle, or an error of the JVM came anywhere, such as no memory or no stack, and undid nothing.
     */
    RuntimeException changeFailed(final Throwable e) {
        if (e instanceof Error || e.getCause() instanceof Error) { // the latter where it came while a page was loaded
            return failUnreadable(e);
        }
        return e instanceof StoreIoException || e instanceof CorruptStoreException ? fail(e) : (RuntimeException) e;
    }

    /**
     * Fail-stops the store: memory and log may differ from now on. From any thread; reads go on.
     *
     * @param cause why
     * @return an exception to throw
     */
    public StoreFailedException fail(final Throwable cause) {
        final boolean wrapped = cause instanceof StoreFailedException && cause.getCause() != null;
        final Throwable root = wrapped ? cause.getCause() : cause;
        failure = failure == null ? root : failure;
        dutyRequested = true; // the next write takes the slow way and is told
        if (duty != null) {
            duty.failed(root);
        }
        return new StoreFailedException("the store is fail-stopped, reopen it; cause: " + root.getMessage(), root);
    }

    /** {@return why the store is fail-stopped, or null} */
    public Throwable failure() {
        return failure;
    }

    /** {@return the pages underneath, for the durable layer} */
    public PagedMemory memory() {
        return memory;
    }

    /** {@return whether the store was closed} */
    public boolean closed() {
        return closed;
    }

    /** {@return whether the calling thread is the writer} */
    public boolean isWriter() {
        return Thread.currentThread() == writer;
    }

    /**
     * Whether the calling thread is the writer, or becomes it because there is none. A thread that has the role
     * briefly, see {@link #claimBriefly}, is waited for.
     *
     * @return false when another thread is the writer
     */
    public boolean ownedByCaller() {
        if (Thread.currentThread() == writer) {
            return true;
        }
        if (!ownership.tryClaimAfterBriefClaims(DEPARTURE_TIMEOUT_NS)) {
            return false;
        }
        takeOver();
        return true;
    }

    /** {@return whether the calling thread became the writer because there was none} */
    public boolean claimIfFree() {
        if (Thread.currentThread() == writer || !ownership.tryClaim()) {
            return false;
        }
        takeOver();
        return true;
    }

    /**
     * Makes the calling thread the writer if there is none, for something short: a thread that wants to write meanwhile
     * waits instead of being refused. To be ended with {@link #endBriefClaim}.
     *
     * @return whether it became the writer
     */
    public boolean claimBriefly() {
        if (Thread.currentThread() == writer || !ownership.tryClaimBriefly()) {
            return false;
        }
        try {
            takeOver();
        } catch (final RuntimeException | Error e) {
            endBriefClaim(); // or everybody would wait for it to end
            throw e;
        }
        return true;
    }

    /** Gives up the role that {@link #claimBriefly} took. */
    public void endBriefClaim() {
        writer = null;
        ownership.release();
    }

    /**
     * Says that the store is about to be closed: an operation that copies a whole state, and may take long, gives up
     * with a {@link StoreClosedException} and leaves the state as it was. From any thread.
     */
    public void announceClose() {
        registry.giveCopiesUp();
    }

    /**
     * Closes the store: every later call throws {@link StoreClosedException}. When another thread is the writer,
     * waits for a moment until it has noticed or gives its role up, and then for reads under way: memory must not be
     * unmapped under their hands.
     *
     * @return whether nobody can be inside an operation any more; when not, {@link #close()} leaves the memory mapped
     */
    public boolean closeToCallers() {
        checkNotWalking();
        closed = true;
        unreadable = true;
        dutyRequested = true;
        readers.close();
        final boolean writerGone = ownership.awaitDeparture(DEPARTURE_TIMEOUT_NS);
        return readers.awaitDeparture(READERS_TIMEOUT_NS) && writerGone;
    }

    /**
     * Whether nobody can be inside an operation any more, of a store that is closed to its callers. Does not wait. From
     * any thread.
     *
     * @return true when {@link #close} will unmap the memory
     */
    public boolean callersDeparted() {
        return ownership.awaitDeparture(0) && readers.awaitDeparture(0);
    }

    /**
     * Closes the store and its memory; a second call does nothing. If the writer is another thread that has not given
     * its role up after a moment, or a reader is still inside a read after half a minute, the memory stays mapped; a
     * further call, once {@link #callersDeparted}, unmaps it.
     */
    @Override
    public void close() {
        final boolean alone = closeToCallers();
        if (!memoryClosed && alone) {
            memoryClosed = true;
            memory.close();
        }
    }
}
