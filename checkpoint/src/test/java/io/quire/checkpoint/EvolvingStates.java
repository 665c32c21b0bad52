/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.AggregatingState;
import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.NamespacedState;
import io.quire.store.ReducingState;
import io.quire.store.TimeToLive;
import io.quire.store.TypedState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueRewrite;
import io.quire.store.ValueState;
import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecRole;
import io.quire.store.codec.Codecs;
import java.util.List;

/** States of every kind that has values, opened by one release of {@link RecordReleases}, which all of them hold. */
final class EvolvingStates {
    static final List<String> NAMES = List.of("values", "lists", "maps", "sums", "counts");
    static final int KINDS = NAMES.size();

    final int release;
    final ValueState<Long, Object> values;
    final NamespacedState<Long, Integer, ListState<Long, Object>> lists;
    final MapState<Long, Integer, Object> maps;
    final NamespacedState<Long, Integer, ReducingState<Long, Object>> sums;
    final NamespacedState<Long, Integer, AggregatingState<Long, Long, Object, String>> counts;

    private final DurableStateStore store;

    /**
     * Opens them.
     *
     * @param store where they are
     * @param release whose records they hold from now on
     * @param timeToLive is given to all of them; null leaves them what they have
     */
    EvolvingStates(final DurableStateStore store, final int release, final TimeToLive timeToLive) {
        this.store = store;
        this.release = release;
        final var codec = RecordReleases.codec(release);
        values = store.state(living(TypedStateDescriptor.value("values", Codecs.LONG, codec), timeToLive));
        lists = store.state(living(TypedStateDescriptor.list("lists", Codecs.LONG, codec), timeToLive), Codecs.INT);
        maps = store.state(living(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.INT, codec), timeToLive));
        sums = store.state(
                living(
                        TypedStateDescriptor.reducing(
                                "sums",
                                Codecs.LONG,
                                codec,
                                (first, second) -> RecordReleases.reduced(release, first, second)),
                        timeToLive),
                Codecs.INT);
        counts = store.state(
                living(
                        TypedStateDescriptor.aggregating(
                                "counts", Codecs.LONG, codec, new RecordReleases.Aggregate(release)),
                        timeToLive),
                Codecs.INT);
    }

    private static <K, S extends TypedState<K>> TypedStateDescriptor<K, S> living(
            final TypedStateDescriptor<K, S> descriptor, final TimeToLive timeToLive) {
        return timeToLive == null ? descriptor : descriptor.withTimeToLive(timeToLive);
    }

    /** Begins to rewrite the values of one of the states. */
    ValueRewrite rewrite(final int kind) {
        return switch (kind) {
            case 0 -> values.rewriteValues();
            case 1 -> lists.rewriteValues();
            case 2 -> maps.rewriteValues();
            case 3 -> sums.rewriteValues();
            default -> counts.rewriteValues();
        };
    }

    /** The codecs that the catalog has for the values of one of the states. */
    CodecHistory history(final int kind) {
        return state(NAMES.get(kind)).descriptor().codecs().get(CodecRole.VALUE);
    }

    private KeyedState state(final String name) {
        return store.stateStore().states().stream()
                .filter(state -> state.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Checks the tables of all states of the store. */
    void checkInvariants() {
        store.stateStore().states().forEach(KeyedState::checkInvariants);
    }
}
