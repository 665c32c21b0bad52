/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.quire.store.codec.Codecs;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.table.KeyGroupRange;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TimerStateTest {
    private final StateStore store = new StateStore(PagedMemory.anonymous(7));
    private final List<String> fired = new ArrayList<>();

    @AfterEach
    void close() {
        store.close();
    }

    private TimerState<String> timers() {
        return store.state(TypedStateDescriptor.timers("timers", Codecs.STRING, TimeDomain.EVENT_TIME));
    }

    private long poll(final TimerState<String> timers, final long now) {
        return timers.pollDue(now, (key, timestamp) -> fired.add(key + "@" + timestamp));
    }

    @Test
    void shouldDeliverWhatIsDueInTheOrderOfTimeAndRegistration() {
        final TimerState<String> timers = timers();
        assertThat(timers.isEmpty()).isTrue();
        assertThat(timers.nextTimestamp()).isEqualTo(Long.MAX_VALUE);
        assertThat(timers.registerTimer("b", 20)).isTrue();
        assertThat(timers.registerTimer("a", 20)).isTrue();
        assertThat(timers.registerTimer("c", 10)).isTrue();
        assertThat(timers.registerTimer("a", 30)).isTrue();
        assertThat(timers.registerTimer("b", 20)).isFalse();
        assertThat(timers.size()).isEqualTo(4);
        assertThat(timers.keyCount()).isEqualTo(3);
        assertThat(timers.size("a")).isEqualTo(2);
        assertThat(timers.containsTimer("a", 20)).isTrue();
        assertThat(timers.containsTimer("a", 10)).isFalse();
        assertThat(timers.nextTimestamp()).isEqualTo(10);
        assertThat(poll(timers, 9)).isZero();
        assertThat(poll(timers, 20)).isEqualTo(3);
        assertThat(fired).containsExactly("c@10", "b@20", "a@20");
        assertThat(timers.nextTimestamp()).isEqualTo(30);
        assertThat(timers.deleteTimer("a", 30)).isTrue();
        assertThat(timers.deleteTimer("a", 30)).isFalse();
        assertThat(poll(timers, Long.MAX_VALUE)).isZero();
    }

    @Test
    void shouldPutOneThatIsRegisteredAgainBehindOthersOfTheSameTime() {
        final TimerState<String> timers = timers();
        timers.registerTimer("a", 5);
        timers.registerTimer("b", 5);
        timers.deleteTimer("a", 5);
        timers.registerTimer("a", 5);
        timers.registerTimer("b", 5); // is there
        poll(timers, 5);
        assertThat(fired).containsExactly("b@5", "a@5");
    }

    @Test
    void shouldTakeEveryTimestampAndKeysOfEveryLength() {
        final TimerState<String> timers = timers();
        final String longest = "x".repeat(TimerState.KEY_LENGTH_MAX);
        timers.registerTimer("", Long.MAX_VALUE);
        timers.registerTimer(longest, 0);
        timers.registerTimer("", Long.MIN_VALUE);
        timers.registerTimer("", -1);
        assertThatThrownBy(() -> timers.registerTimer(longest + "x", 0)).isInstanceOf(StoreFullException.class);
        assertThat(timers.containsTimer(longest + "x", 0)).isFalse();
        assertThat(timers.deleteTimer(longest + "x", 0)).isFalse();
        store.states().get(0).checkInvariants();
        assertThat(timers.nextTimestamp()).isEqualTo(Long.MIN_VALUE);
        assertThat(poll(timers, Long.MIN_VALUE)).isEqualTo(1);
        assertThat(poll(timers, Long.MAX_VALUE - 1)).isEqualTo(2);
        assertThat(fired).containsExactly("@" + Long.MIN_VALUE, "@-1", longest + "@0");
        assertThat(timers.nextTimestamp()).isEqualTo(Long.MAX_VALUE);
        assertThat(timers.isEmpty()).isFalse();
        assertThat(poll(timers, Long.MAX_VALUE)).isEqualTo(1);
        assertThat(timers.isEmpty()).isTrue();
    }

    @Test
    void shouldDeliverWhatTheConsumerRegistersAndNotWhatItDeletes() {
        final TimerState<String> timers = timers();
        timers.registerTimer("a", 10);
        timers.registerTimer("b", 20);
        timers.registerTimer("c", 20);
        final long delivered = timers.pollDue(20, (key, timestamp) -> {
            fired.add(key + "@" + timestamp);
            if (timestamp == 10) {
                assertThat(timers.containsTimer("a", 10)).isFalse();
                assertThat(timers.registerTimer("a", 20)).isTrue(); // due, behind b and c
                assertThat(timers.registerTimer("d", 21)).isTrue(); // not due
                assertThat(timers.registerTimer("e", 1)).isTrue(); // overdue: the next one
                assertThat(timers.deleteTimer("b", 20)).isTrue();
            }
        });
        assertThat(delivered).isEqualTo(4);
        assertThat(fired).containsExactly("a@10", "e@1", "c@20", "a@20");
        assertThat(timers.nextTimestamp()).isEqualTo(21);
    }

    @Test
    void shouldStopAtTheLimit() {
        final TimerState<String> timers = timers();
        timers.registerTimer("again", 0);
        final TimerConsumer<String> again = (key, timestamp) -> timers.registerTimer(key, timestamp + 1);
        assertThat(timers.pollDue(Long.MAX_VALUE, 100, again)).isEqualTo(100);
        assertThat(timers.pollDue(Long.MAX_VALUE, 0, again)).isZero();
        assertThat(timers.nextTimestamp()).isEqualTo(100);
        assertThatThrownBy(() -> timers.pollDue(0, -1, again)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldTakeBackATimerWhoseConsumerThrows() {
        final TimerState<String> timers = timers();
        final LongLongState counts = store.longLongState("counts");
        timers.registerTimer("a", 1);
        timers.registerTimer("b", 1);
        timers.registerTimer("c", 1);
        assertThatThrownBy(() -> timers.pollDue(1, (key, timestamp) -> {
                    counts.addAndGet(1, 1);
                    timers.registerTimer("of " + key, 2);
                    timers.deleteTimer("c", 1);
                    timers.registerTimer("c", 1);
                    if (key.equals("b")) {
                        throw new IllegalArgumentException("made to fail");
                    }
                }))
                .hasMessage("made to fail");
        assertThat(store.inBatch()).isFalse();
        assertThat(counts.get(1, 0)).isEqualTo(1);
        assertThat(timers.containsTimer("of a", 2)).isTrue();
        assertThat(timers.containsTimer("of b", 2)).isFalse();
        poll(timers, 1);
        assertThat(fired).containsExactly("b@1", "c@1");
        store.states().get(0).checkInvariants();
    }

    @Test
    void shouldTakeBackATimerWhoseConsumerThrowsWhatJavaDoesNotExpect() {
        final TimerState<String> timers = timers();
        timers.registerTimer("a", 1);
        assertThatThrownBy(() -> timers.pollDue(1, (key, timestamp) -> {
                    timers.registerTimer("b", 1);
                    sneak(new IOException("made to fail"));
                }))
                .isInstanceOf(IOException.class);
        assertThat(store.inBatch()).isFalse();
        assertThat(timers.size()).isEqualTo(1);
        poll(timers, 1);
        assertThat(fired).containsExactly("a@1");
    }

    @SuppressWarnings("unchecked") // as other languages and some libraries throw checked exceptions
    private static <T extends Throwable> void sneak(final Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    void shouldNotLetAConsumerEndTheBatchOfItsDelivery() {
        final TimerState<String> timers = timers();
        final LongLongState counts = store.longLongState("counts");
        final TimerConsumer<String> ending = (key, timestamp) -> {
            counts.addAndGet(1, 1);
            assertThatThrownBy(store::commitBatch).isInstanceOf(ConfigurationException.class);
            assertThatThrownBy(() -> store.commitBatch(Durability.SYNC)).isInstanceOf(ConfigurationException.class);
            assertThatThrownBy(store::rollbackBatch).isInstanceOf(ConfigurationException.class);
            counts.addAndGet(1, 1);
            throw new IllegalArgumentException("made to fail");
        };
        timers.registerTimer("a", 1);
        assertThatThrownBy(() -> timers.pollDue(1, ending)).hasMessage("made to fail");
        assertThat(store.inBatch()).isFalse();
        assertThat(counts.get(1, 0)).isZero();
        store.beginBatch();
        assertThatThrownBy(() -> timers.pollDue(1, ending)).hasMessage("made to fail");
        assertThat(counts.get(1, 0)).isEqualTo(2);
        store.rollbackBatch();
        assertThat(counts.get(1, 0)).isZero();
        poll(timers, 1);
        assertThat(fired).containsExactly("a@1");
    }

    @Test
    void shouldDeliverInsideAnOpenBatchAndTakeAllOfItBack() {
        final TimerState<String> timers = timers();
        for (int i = 0; i < 200; i++) {
            timers.registerTimer("key" + i, i % 5);
        }
        store.beginBatch();
        assertThat(poll(timers, 2)).isEqualTo(120);
        assertThat(store.inBatch()).isTrue();
        timers.remove("key4");
        timers.registerTimer("new", 0);
        assertThat(timers.size()).isEqualTo(80);
        store.rollbackBatch();
        final List<String> first = List.copyOf(fired);
        fired.clear();
        assertThat(timers.size()).isEqualTo(200);
        store.states().get(0).checkInvariants();
        assertThat(poll(timers, 2)).isEqualTo(120);
        assertThat(fired).isEqualTo(first);
    }

    @Test
    void shouldRefuseWhatABatchDoesNotAllowAndAPollInsideAPoll() {
        final TimerState<String> timers = timers();
        timers.registerTimer("a", 1);
        poll(timers, 1);
        timers.registerTimer("a", 1);
        assertThat(timers.pollDue(1, (key, timestamp) -> {
                    assertThatThrownBy(() -> poll(timers, 1)).isInstanceOf(ConfigurationException.class);
                    assertThatThrownBy(() -> poll(timers(), 1)).isInstanceOf(ConfigurationException.class);
                    assertThatThrownBy(timers::clear).isInstanceOf(ConfigurationException.class);
                    assertThatThrownBy(store::beginBatch).isInstanceOf(ConfigurationException.class);
                    assertThatThrownBy(() -> store.dropState("timers")).isInstanceOf(ConfigurationException.class);
                    assertThatThrownBy(store::close).isInstanceOf(ConfigurationException.class);
                    assertThatThrownBy(store::releaseOwnership).isInstanceOf(ConfigurationException.class);
                }))
                .isEqualTo(1);
        timers.registerTimer("b", 1);
        assertThat(poll(timers, 1)).isEqualTo(1);
        assertThat(fired).containsExactly("a@1", "b@1");
    }

    @Test
    void shouldLoseNoTimerWhenAConsumerPollsOthersAndSwallowsThatItFails() {
        final TimerState<String> timers = timers();
        final LongTimerState longs = store.longTimerState("longs", TimeDomain.EVENT_TIME);
        final NamespacedState<String, Long, TimerState<String>> windows =
                store.state(TypedStateDescriptor.timers("windows", Codecs.STRING, TimeDomain.EVENT_TIME), Codecs.LONG);
        timers.registerTimer("a", 1);
        longs.registerTimer(7, 1);
        windows.in(5L).registerTimer("w", 1);
        final List<Throwable> swallowed = new ArrayList<>();
        final TimerConsumer<String> polling = (key, timestamp) -> {
            swallowed.add(catchThrowable(() -> longs.pollDue(1, (other, time) -> {
                throw new IllegalArgumentException("made to fail");
            })));
            swallowed.add(catchThrowable(() -> windows.pollDue(1, (other, namespace, time) -> {
                throw new IllegalArgumentException("made to fail");
            })));
        };
        assertThat(timers.pollDue(1, polling)).isEqualTo(1);
        assertThat(swallowed)
                .hasSize(2)
                .allSatisfy(refusal -> assertThat(refusal)
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining("delivery of a timer"));
        assertThat(longs.containsTimer(7, 1)).isTrue();
        assertThat(windows.in(5L).containsTimer("w", 1)).isTrue();

        timers.registerTimer("a", 1);
        store.beginBatch();
        timers.pollDue(1, polling);
        assertThat(longs.pollDue(1, (key, timestamp) -> fired.add(key + "@" + timestamp)))
                .isEqualTo(1);
        store.commitBatch();
        windows.pollDue(1, (key, namespace, timestamp) -> fired.add(key + namespace));
        assertThat(fired).containsExactly("7@1", "w5");
    }

    @Test
    void shouldPollTimersOfAnotherStoreWhileOneIsDelivered() {
        final TimerState<String> timers = timers();
        timers.registerTimer("a", 1);
        try (StateStore other = new StateStore(PagedMemory.anonymous(8))) {
            final LongTimerState others = other.longTimerState("longs", TimeDomain.EVENT_TIME);
            others.registerTimer(7, 1);
            timers.pollDue(1, (key, timestamp) -> others.pollDue(1, (inner, time) -> fired.add(key + inner)));
        }
        assertThat(fired).containsExactly("a7");
    }

    @Test
    void shouldSetTheCurrentKeyWhileATimerIsDelivered() {
        final TimerState<String> timers = timers();
        assertThatThrownBy(() -> timers.current().registerTimer(1)).isInstanceOf(IllegalStateException.class);
        store.setCurrentKey("a");
        final CurrentTimerState current = timers.current();
        assertThat(current.registerTimer(1)).isTrue();
        assertThat(current.registerTimer(1)).isFalse();
        assertThat(current.registerTimer(5)).isTrue();
        assertThat(current.registerTimer(3)).isTrue();
        assertThat(current.size()).isEqualTo(3);
        assertThat(current.deleteTimer(5)).isTrue();
        assertThat(current.containsTimer(5)).isFalse();
        final ValueState<String, Long> values = store.valueState("values", Codecs.STRING, Codecs.LONG);
        store.setCurrentKey("b");
        timers.pollDue(1, (key, timestamp) -> {
            values.current().update(timestamp);
            current.registerTimer(4);
        });
        assertThat(values.get("a")).isEqualTo(1);
        assertThat(current.size()).isZero(); // that of b again
        store.setCurrentKey("a");
        final List<Long> left = new ArrayList<>();
        current.forEachTimer(left::add);
        assertThat(left).containsExactly(3L, 4L);
        current.clear();
        assertThat(timers.isEmpty()).isTrue();
    }

    @Test
    void shouldKeepNamespacesApartAndTellThem() {
        final NamespacedState<String, Long, TimerState<String>> timers =
                store.state(TypedStateDescriptor.timers("timers", Codecs.STRING, TimeDomain.EVENT_TIME), Codecs.LONG);
        assertThat(timers.in(1L).registerTimer("a", 10)).isTrue();
        assertThat(timers.in(2L).registerTimer("a", 10)).isTrue();
        assertThat(timers.in(2L).registerTimer("a", 10)).isFalse();
        assertThat(timers.in(3L).registerTimer("b", 5)).isTrue();
        assertThat(timers.in(1L).size("a")).isEqualTo(1);
        assertThat(timers.in(9L).nextTimestamp()).isEqualTo(5);
        assertThat(timers.in(9L).deleteTimer("a", 10)).isFalse();
        assertThatThrownBy(() -> poll(timers.in(1L), 10)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> timers.merge("a", 1L, List.of(2L))).isInstanceOf(UnsupportedOperationException.class);
        assertThat(timers.pollDue(10, 1, (key, namespace, timestamp) -> fired.add(key + namespace)))
                .isEqualTo(1);
        timers.in(4L);
        timers.pollDue(10, (key, namespace, timestamp) -> {
            store.states().get(0).checkInvariants();
            fired.add(key + namespace + "@" + timestamp);
        });
        assertThat(fired).containsExactly("b3", "a1@10", "a2@10");
        final NamespacedState<String, Long, ValueState<String, Long>> values =
                store.state(TypedStateDescriptor.value("values", Codecs.STRING, Codecs.LONG), Codecs.LONG);
        assertThatThrownBy(() -> values.pollDue(0, (key, namespace, timestamp) -> {}))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void shouldVisitTimersInOrderWhileTheyChange() {
        final TimerState<String> timers = timers();
        for (int i = 0; i < 1_000; i++) {
            timers.registerTimer("key" + i, i % 100);
        }
        final List<Long> seen = new ArrayList<>();
        timers.forEachTimer((key, timestamp) -> {
            seen.add(timestamp);
            timers.deleteTimer(key, timestamp);
            timers.registerTimer(key, -1); // before what was visited
        });
        assertThat(seen).hasSize(1_000).isSorted();
        assertThat(timers.size()).isEqualTo(1_000);
        timers.forEachTimer((key, timestamp) -> timers.clear());
        assertThat(timers.size()).isZero();
        timers.registerTimer("a", 3);
        timers.registerTimer("a", -3);
        final List<Long> ofKey = new ArrayList<>();
        timers.forEachTimer("a", ofKey::add);
        assertThat(ofKey).containsExactly(-3L, 3L);
    }

    @Test
    void shouldTellTheDomainsApart() {
        assertThat(timers().timeDomain()).isEqualTo(TimeDomain.EVENT_TIME);
        assertThatThrownBy(() ->
                        store.state(TypedStateDescriptor.timers("timers", Codecs.STRING, TimeDomain.PROCESSING_TIME)))
                .isInstanceOf(StateMismatchException.class);
        assertThatThrownBy(() -> store.state(TypedStateDescriptor.timers("timers", Codecs.LONG, TimeDomain.EVENT_TIME)))
                .isInstanceOf(StateMismatchException.class);
        assertThat(store.state(TypedStateDescriptor.timers("others", Codecs.LONG, TimeDomain.PROCESSING_TIME))
                        .timeDomain())
                .isEqualTo(TimeDomain.PROCESSING_TIME);
    }

    @Test
    void shouldShareTimersOfLongsWithTheTypedState() {
        final LongTimerState longs = store.longTimerState("longs", TimeDomain.PROCESSING_TIME);
        final TimerState<Long> typed =
                store.state(TypedStateDescriptor.timers("longs", Codecs.LONG, TimeDomain.PROCESSING_TIME));
        assertThat(longs.registerTimer(-1, 5)).isTrue();
        assertThat(typed.registerTimer(-1L, 5)).isFalse();
        assertThat(typed.registerTimer(7L, 4)).isTrue();
        assertThat(longs.containsTimer(7, 4)).isTrue();
        assertThat(longs.nextTimestamp()).isEqualTo(4);
        assertThat(longs.pollDue(9, 1, (key, timestamp) -> {
                    fired.add(key + "@" + timestamp);
                    assertThatThrownBy(() -> longs.pollDue(9, (other, time) -> fired.add("never")))
                            .isInstanceOf(ConfigurationException.class);
                    longs.registerTimer(8, 5);
                }))
                .isEqualTo(1);
        assertThat(longs.pollDue(9, (key, timestamp) -> fired.add(key + "@" + timestamp)))
                .isEqualTo(2);
        assertThat(fired).containsExactly("7@4", "-1@5", "8@5");
        longs.registerTimer(1, 1);
        assertThat(longs.deleteTimer(1, 2)).isFalse();
        assertThat(longs.deleteTimer(1, 1)).isTrue();
        assertThat(longs.isEmpty()).isTrue();
        longs.registerTimer(1, 1);
        longs.clear();
        assertThat(typed.size()).isZero();
        assertThat(longs.timeDomain()).isEqualTo(TimeDomain.PROCESSING_TIME);
        timers();
        assertThatThrownBy(() -> store.longTimerState("timers", TimeDomain.EVENT_TIME))
                .isInstanceOf(StateMismatchException.class);
        store.state(TypedStateDescriptor.timers("spaces", Codecs.LONG, TimeDomain.EVENT_TIME), Codecs.LONG);
        assertThatThrownBy(() -> store.longTimerState("spaces", TimeDomain.EVENT_TIME))
                .isInstanceOf(StateMismatchException.class);
    }

    @Test
    void shouldRemoveWhatHasExpiredBetweenTwoTimers() {
        final long[] clock = {0};
        try (StateStore expiring = new StateStore(PagedMemory.anonymous(7), () -> clock[0], System::nanoTime)) {
            final LongTimerState timers = expiring.longTimerState("timers", TimeDomain.PROCESSING_TIME);
            final ValueState<Long, Long> values =
                    expiring.state(TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG)
                            .withTimeToLive(TimeToLive.of(Duration.ofMillis(100))));
            for (long i = 0; i < 20_000; i++) {
                timers.registerTimer(i, i);
            }
            timers.pollDue(Long.MAX_VALUE, (key, timestamp) -> {
                clock[0] = timestamp;
                values.put(key, timestamp);
            });
            assertThat(values.size()).isLessThan(10_000);
        }
    }

    @Test
    void shouldHaveNoTimeToLive() {
        assertThatThrownBy(() -> TypedStateDescriptor.timers("timers", Codecs.STRING, TimeDomain.EVENT_TIME)
                        .withTimeToLive(TimeToLive.of(Duration.ofMillis(1))))
                .isInstanceOf(ConfigurationException.class);
        assertThat(timers().timeToLive()).isEqualTo(TimeToLive.OFF);
    }

    @Test
    void shouldVisitEachLongKeyOnceWhileItIsWrittenTo() {
        final LongTimerState timers = store.longTimerState("longs", TimeDomain.EVENT_TIME);
        for (long key = 0; key < 10_000; key++) {
            timers.registerTimer(-key, 5);
            timers.registerTimer(-key, key);
        }
        final Set<Long> seen = new HashSet<>();
        final Set<Long> inParts = new HashSet<>();
        for (int part = 0; part < 3; part++) {
            timers.forEachKey(
                    KeyGroupRange.part(part, 3),
                    key -> assertThat(inParts.add(key)).isTrue());
        }
        timers.forEachKey(key -> {
            assertThat(seen.add(key)).isTrue();
            timers.deleteTimer(key, 5); // not its last, but for the one of 5
            if (key <= 0) {
                timers.registerTimer(1_000_000 - key, 7); // may be seen
            }
        });
        assertThat(inParts).hasSize(10_000).allMatch(key -> key <= 0);
        assertThat(seen).containsAll(inParts);
        assertThat(seen.stream().filter(key -> key <= 0)).hasSize(10_000);
        timers.deleteTimer(0, 0);
        final Set<Long> left = new HashSet<>();
        timers.forEachKey(left::add);
        assertThat(left).contains(-9_999L, 1_000_000L).doesNotContain(0L, -5L);
        timers.clear();
        timers.forEachKey(key -> {
            throw new AssertionError("there is none");
        });
        assertThatThrownBy(() -> timers.forEachKey(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void shouldAllocateNothingForTimersOfLongs() {
        final LongTimerState timers = store.longTimerState("longs", TimeDomain.EVENT_TIME);
        final long[] sum = new long[1];
        final LongTimerConsumer consumer = (key, timestamp) -> {
            sum[0] += key;
            timers.registerTimer(key, timestamp + 500);
        };
        for (long key = 0; key < 1_000; key++) {
            timers.registerTimer(key, key);
        }
        final com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        final int rounds = 20_000;
        long before = 0;
        for (int i = -1_000; i < rounds; i++) {
            if (i == 0) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            timers.registerTimer(-5, i);
            timers.deleteTimer(-5, i);
            timers.containsTimer(7, i);
            timers.pollDue(timers.nextTimestamp() + 1, 10, consumer);
        }
        // What the measurement itself takes is spread over all rounds.
        assertThat((threads.getCurrentThreadAllocatedBytes() - before) / (double) rounds)
                .isLessThan(1);
        assertThat(sum[0]).isPositive();
    }

    @Test
    void shouldRefuseNullWithoutEffect() {
        final TimerState<String> timers = timers();
        assertThatThrownBy(() -> timers.registerTimer(null, 1)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> timers.pollDue(1, null)).isInstanceOf(NullPointerException.class);
        assertThat(timers.size()).isZero();
    }

    @Test
    void shouldGiveSpaceBack() {
        final TimerState<String> timers = timers();
        final long free = store.memory().extentsByKind()[0];
        final long empty = timers.statistics().extentCount();
        for (int i = 0; i < 100_000; i++) {
            timers.registerTimer("key" + i, i * 31L % 100_000);
        }
        assertThat(timers.statistics().entryCount()).isEqualTo(100_000);
        assertThat(timers.statistics().bytesPerEntry()).isBetween(100.0, 250.0);
        store.beginBatch();
        assertThatThrownBy(timers::clear).isInstanceOf(ConfigurationException.class);
        store.rollbackBatch();
        final long full = timers.statistics().extentCount();
        assertThat(poll(timers, 98_999)).isEqualTo(99_000);
        assertThat(poll(timers, Long.MAX_VALUE)).isEqualTo(1_000);
        assertThat(timers.statistics().extentCount()).isLessThan(full / 10);
        timers.clear();
        assertThat(timers.statistics().extentCount()).isEqualTo(empty);
        assertThat(timers.isEmpty()).isTrue();
        timers.registerTimer("again", 1);
        store.states().get(0).checkInvariants();
        assertThat(store.dropState("timers")).isTrue();
        assertThatThrownBy(() -> timers.registerTimer("a", 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(timers::nextTimestamp).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> poll(timers, 1)).isInstanceOf(IllegalStateException.class);
        assertThat(store.memory().extentsByKind()[0]).isGreaterThan(free);
    }

    @Test
    void shouldHoldManyTimers() {
        holdMany(100_000);
    }

    @Test
    @Tag("slow")
    void shouldHoldMillionsOfTimers() {
        holdMany(3_000_000);
    }

    /** Each third of them is deleted, in another order than that of time. */
    private void holdMany(final int count) {
        final LongTimerState timers = store.longTimerState("many", TimeDomain.PROCESSING_TIME);
        final long started = System.nanoTime();
        for (long i = 0; i < count; i++) {
            timers.registerTimer(i, Long.reverse(i * 0x9E3779B97F4A7C15L)); // all different, in random order
        }
        final long registered = System.nanoTime();
        for (long i = 0; i < count; i += 3) {
            if (!timers.deleteTimer(i, Long.reverse(i * 0x9E3779B97F4A7C15L))) {
                throw new AssertionError("missing: " + i);
            }
        }
        final long deleted = System.nanoTime();
        final double bytesPerTimer = timers.statistics().bytesPerEntry();
        final long[] previous = {Long.MIN_VALUE, 0};
        final long delivered = timers.pollDue(Long.MAX_VALUE, (key, timestamp) -> {
            if (timestamp < previous[0] || key % 3 == 0 || timestamp != Long.reverse(key * 0x9E3779B97F4A7C15L)) {
                throw new AssertionError("key=" + key + " timestamp=" + timestamp);
            }
            previous[0] = timestamp;
        });
        final long polled = System.nanoTime();
        assertThat(delivered).isEqualTo(count - (count + 2) / 3);
        assertThat(timers.isEmpty()).isTrue();
        store.states().get(0).checkInvariants();
        System.out.println("timers=" + count
                + " register=" + (registered - started) / count
                + " ns delete=" + (deleted - registered) / ((count + 2) / 3)
                + " ns poll=" + (polled - deleted) / delivered
                + " ns bytes/timer after deleting a third=" + Math.round(bytesPerTimer));
    }
}
