/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateCatalog;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.catalog.StateKind;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.table.SplitRehearsal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The states of a store, by name and by id, as its catalog has them.
 *
 * <p>Threading: confined to the store's writer, but for {@link #find}, {@link #descriptor} and {@link
 * #states}.
 */
final class StateRegistry {
    private final StateStore store;
    private final StateCatalog catalog;
    private final Map<String, KeyedState> statesByName = new ConcurrentHashMap<>();
    private final Map<Integer, StateDescriptor> dropped = new ConcurrentHashMap<>(); // since the store was opened
    private volatile AtomicReferenceArray<KeyedState> statesById = new AtomicReferenceArray<>(8);

    private volatile boolean givesCopiesUp;

    StateRegistry(final StateStore store) {
        this.store = store;
        SplitRehearsal.begin(); // once in a JVM, and before whoever opens a store is bound to a core
        catalog = StateCatalog.open(store.memory());
        catalog.forEach((descriptor, root) -> register(StateFactory.open(store, descriptor, root)));
    }

    /**
     * The state of a name, or null when there is none.
     *
     * @throws StateMismatchException when it is of another kind
     */
    KeyedState find(final String name, final StateKind kind) {
        final KeyedState existing = statesByName.get(name);
        if (existing != null && existing.descriptor().kind() != kind) {
            throw new StateMismatchException("state exists with another kind: state=" + name + " found="
                    + existing.descriptor().kind() + " asked for=" + kind);
        }
        return existing;
    }

    /** The state of a name, or null when there is none. */
    KeyedState find(final String name) {
        return statesByName.get(name);
    }

    /**
     * Takes a state out of the catalog and gives its space back; the caller logs it. A page that cannot be read is met
     * before anything changes, and stops nothing.
     */
    void drop(final KeyedState state) {
        boolean prepared = false;
        try {
            state.prepareDrop();
            prepared = true;
            remove(state);
        } catch (final StateStoreException | Error e) {
            if (prepared || e instanceof Error) {
                throw store.changeFailed(e);
            }
            throw e;
        }
    }

    private void remove(final KeyedState state) {
        dropped.put(state.id, state.descriptor()); // who reads the log meets its changes later
        catalog.remove(state.name());
        statesByName.remove(state.name());
        statesById.set(state.id, null);
        state.applyDrop();
    }

    /** Creates a state under the next id; the caller logs it. */
    KeyedState create(final String name, final StateKind kind, final StateCodecs codecs) {
        final long nowMs = store.expiryClock().nowMs();
        return add(new StateDescriptor(catalog.nextId(), name, kind, codecs.histories(), codecs.expiry(nowMs)));
    }

    /**
     * Gives a state another descriptor, which the caller has checked and logs. What fails while nothing but a copy was
     * made leaves the store as it was; after an error of the JVM it can be read, but not written to any more.
     *
     * @return the state from now on: another object when its entries had to be copied
     */
    KeyedState alter(final KeyedState state, final StateDescriptor descriptor) {
        final KeyedState altered;
        try {
            altered = copiedIfNeeded(state, descriptor);
        } catch (final Error e) { // it may have come in the middle of taking extents
            throw store.fail(e);
        }
        try {
            become(state, altered, descriptor);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        return altered;
    }

    /** Lets whoever waits for the writer's role have it soon; from any thread. */
    void giveCopiesUp() {
        givesCopiesUp = true;
    }

    /** The state, or a copy of it that nobody knows of yet; whatever is thrown, nothing is left of that. */
    private KeyedState copiedIfNeeded(final KeyedState state, final StateDescriptor descriptor) {
        if (!descriptor.isCopyOf(state.descriptor())) {
            return state;
        }
        final KeyedState copy = StateFactory.create(store, descriptor);
        try {
            state.copyTo(new FirstTimestamps(copy, () -> givesCopiesUp || store.closed()));
            state.prepareDrop(); // reads pages that the copy did not, which may be damaged
        } catch (final RuntimeException | Error e) {
            giveBack(copy, e);
            throw e;
        }
        return copy;
    }

    private void become(final KeyedState state, final KeyedState altered, final StateDescriptor descriptor) {
        if (altered == state) {
            catalog.replace(descriptor, state.rootAddress());
            state.descriptor(descriptor);
            return;
        }
        try {
            catalog.replace(descriptor, altered.rootAddress());
        } catch (final RuntimeException e) { // after an error the catalog may lead to the copy
            giveBack(altered, e);
            throw e;
        }
        try {
            register(altered);
            state.applyDrop();
        } catch (final RuntimeException | Error e) { // the catalog leads to what the log does not know
            throw store.fail(e);
        }
    }

    /**
     * Gives a state another descriptor again, from the change log.
     *
     * @throws CorruptStoreException when it does not follow from the one that is there
     */
    void realter(final int stateId, final StateDescriptor descriptor) {
        final KeyedState state = ofId(stateId);
        if (!descriptor.continues(state.descriptor())) {
            throw new CorruptStoreException("change record gives a state a descriptor that is not its own: state="
                    + state.name() + " stateId=" + stateId);
        }
        become(state, copiedIfNeeded(state, descriptor), descriptor);
    }

    /**
     * Creates a state again, from the change log.
     *
     * @throws CorruptStoreException when ids or names do not fit what is there
     */
    void recreate(final int stateId, final StateDescriptor descriptor) {
        if (descriptor.id() != stateId || stateId != catalog.nextId() || statesByName.containsKey(descriptor.name())) {
            throw new CorruptStoreException("change record creates a state out of order: state=" + descriptor.name()
                    + " stateId=" + stateId + " expected=" + catalog.nextId());
        }
        add(descriptor);
    }

    /**
     * Drops a state again, from the change log.
     *
     * @throws CorruptStoreException when it is not the one that is there
     */
    void redrop(final int stateId, final StateDescriptor descriptor) {
        final KeyedState state = ofId(stateId);
        if (descriptor.id() != stateId
                || descriptor.kind() != state.descriptor().kind()
                || !descriptor.name().equals(state.name())) {
            throw new CorruptStoreException("change record drops a state under a descriptor that is not its own: state="
                    + state.name() + " stateId=" + stateId);
        }
        state.prepareDrop();
        remove(state);
    }

    private KeyedState add(final StateDescriptor descriptor) {
        final KeyedState state = StateFactory.create(store, descriptor);
        try {
            catalog.add(descriptor, state.rootAddress());
        } catch (final RuntimeException | Error e) {
            giveBack(state, e);
            throw e;
        }
        register(state);
        return state;
    }

    /** Nobody could drop the state later on: it stands nowhere. */
    private static void giveBack(final KeyedState state, final Throwable cause) {
        try {
            state.applyDrop();
        } catch (final RuntimeException | Error e) {
            cause.addSuppressed(e);
        }
    }

    private void register(final KeyedState state) {
        statesByName.put(state.name(), state);
        final AtomicReferenceArray<KeyedState> states = statesById;
        if (state.id < states.length()) {
            states.set(state.id, state);
        } else {
            statesById = grown(states, state);
        }
    }

    private static AtomicReferenceArray<KeyedState> grown(
            final AtomicReferenceArray<KeyedState> states, final KeyedState added) {
        final AtomicReferenceArray<KeyedState> grown =
                new AtomicReferenceArray<>(Math.max(added.id + 1, states.length() * 2));
        for (int i = 0; i < states.length(); i++) {
            grown.setPlain(i, states.getPlain(i));
        }
        grown.setPlain(added.id, added);
        return grown;
    }

    /** The state that a change record or an undo entry names. */
    KeyedState ofId(final int id) {
        final KeyedState state = ofIdOrNull(id);
        if (state == null) {
            throw new CorruptStoreException("change record of a state that does not exist: stateId=" + id);
        }
        return state;
    }

    /** Whether a state has, or had, a time to live. */
    boolean hasTimestamps() {
        for (int id = 1; id < idLimit(); id++) {
            final KeyedState state = ofIdOrNull(id);
            if (state != null && !state.descriptor().expiry().isNone()) {
                return true;
            }
        }
        return false;
    }

    /** More than the id of any state. */
    int idLimit() {
        return statesById.length();
    }

    KeyedState ofIdOrNull(final int id) {
        final AtomicReferenceArray<KeyedState> states = statesById;
        return id > 0 && id < states.length() ? states.get(id) : null;
    }

    /** What a change record names, or null when there is no such state and was none since the store was opened. */
    StateDescriptor descriptor(final int id) {
        final KeyedState state = ofIdOrNull(id);
        return state == null ? dropped.get(id) : state.descriptor();
    }

    /** All states, by id. */
    List<KeyedState> states() {
        final List<KeyedState> states = new ArrayList<>(statesByName.values());
        states.sort(Comparator.comparingInt(state -> state.id));
        return states;
    }
}
