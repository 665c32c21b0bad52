/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import org.agrona.collections.LongHashSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The benchmarks, run once for a moment in this JVM: each does its work and finds what it left behind right. */
class BenchmarksRunTest {
    private static final int TIMER_COUNT = TimersBenchmark.COUNT;

    private static Collection<RunResult> run(final Mode mode, final String pattern, final String... entryCounts)
            throws RunnerException {
        System.setProperty("jmh.ignoreLock", "true");
        final ChainedOptionsBuilder options = new OptionsBuilder()
                .include(pattern)
                .mode(mode)
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(20))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .param("entryCount", entryCounts)
                .param("timerCount", Integer.toString(TIMER_COUNT))
                .param("keys", "zipf")
                .param("keyLength", "16")
                .param("valueLength", "100")
                .param("update", "ON_READ_AND_WRITE");
        return new Runner(options.build()).run();
    }

    /** Twenty milliseconds each. */
    @Test
    @Tag("slow")
    void shouldRunEveryBenchmark() throws RunnerException {
        final Collection<RunResult> results =
                run(Mode.AverageTime, "io.quire.bench.jmh.(?!Peer|Timers).*Benchmark[.]", "3000");

        assertThat(names(results)).isEqualTo(listed("Peer|Timers"));
        assertThat(names(run(Mode.SingleShotTime, "io.quire.bench.jmh.TimersBenchmark[.]", "1")))
                .hasSize(5);
        assertThat(names(run(Mode.AverageTime, "io.quire.bench.jmh.PeerBenchmark[.]", "3000")))
                .hasSize(9);
    }

    @Test
    void shouldRunABenchmark() throws RunnerException {
        assertThat(names(run(Mode.AverageTime, "LongLongStateBenchmark[.]addAndGet", "3000")))
                .containsExactly("io.quire.bench.jmh.LongLongStateBenchmark.addAndGet");
    }

    @Test
    void shouldFailWhenAStoreCannotBeOpenedAndNotWhileItIsClosed() {
        final LongLongStateBenchmark benchmark = new LongLongStateBenchmark();
        benchmark.durability = "SOMETIMES";
        benchmark.liveMemory = "AUTO";

        assertThatThrownBy(benchmark::fill).isInstanceOf(IllegalArgumentException.class);
        benchmark.close();
    }

    @Test
    void shouldFailWhenTheStoreIsNotWhatTheOperationsMustHaveLeft() {
        final LongLongStateBenchmark benchmark = new LongLongStateBenchmark();
        benchmark.durability = "NONE";
        benchmark.liveMemory = "ANONYMOUS";
        benchmark.entryCount = 100;
        benchmark.keys = "uniform";
        benchmark.fill();
        benchmark.removeInsert();
        benchmark.entryCount = 101;

        assertThatThrownBy(benchmark::close).hasMessageContaining("wrong size: found=100 expected=101");
    }

    @Test
    void shouldCheckTheCountsOfTimers() {
        final TimersBenchmark benchmark = new TimersBenchmark();
        benchmark.durability = "NONE";
        benchmark.liveMemory = "ANONYMOUS";
        benchmark.timerCount = TIMER_COUNT;
        benchmark.open();
        benchmark.fill();
        assertThat(benchmark.registerAgain()).isZero();
        assertThat(benchmark.deliver()).isEqualTo(TIMER_COUNT);

        assertThatThrownBy(benchmark::delete).as("none are left").hasMessageContaining("wrong count: found=0");
        assertThatThrownBy(benchmark::deliver).hasMessageContaining("wrong deliveries: found=0");
        benchmark.close();
    }

    @Test
    void shouldBeginEachBurstWithNothingLeftInTheRing() {
        final LogBurstBenchmark benchmark = new LogBurstBenchmark();
        benchmark.durability = "PROCESS";
        benchmark.liveMemory = "ANONYMOUS";
        benchmark.entryCount = 1_000;
        benchmark.keys = "uniform";
        benchmark.valueLength = 100;
        benchmark.fill();
        benchmark.checkpoint();
        for (int i = 0; i < 5; i++) {
            benchmark.pause();
            assertThat(benchmark.ringUsedLength()).isZero();
            benchmark.putBytes();
            benchmark.addAndGetLong();
        }

        benchmark.close(); // looks for waits for room
    }

    @Test
    void shouldGiveKeysOfTheWholeTable() {
        assertThat(KeySequence.countFor(10_000)).isEqualTo(KeySequence.COUNT_MIN);
        assertThat(KeySequence.countFor(1 << 20)).isEqualTo(1 << 20);
        assertThat(KeySequence.countFor(20_000_000)).isEqualTo(1 << 25);
        assertThat(KeySequence.countFor(Integer.MAX_VALUE)).isEqualTo(KeySequence.COUNT_MAX);

        final int entryCount = 1_500_000;
        final KeySequence sequence = new KeySequence(entryCount, "uniform");
        final LongHashSet distinct = new LongHashSet();
        for (int i = 0; i < KeySequence.countFor(entryCount); i++) {
            distinct.add(sequence.nextPresent());
        }
        assertThat(distinct.size()).as("1 - 1/e of them at least").isGreaterThan(entryCount / 10 * 6);
    }

    private static Set<String> names(final Collection<RunResult> results) {
        return results.stream().map(result -> result.getParams().getBenchmark()).collect(Collectors.toSet());
    }

    private static Set<String> listed(final String excluded) {
        final OutputFormat silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
        return BenchmarkList.defaultList().getAll(silent, java.util.List.of()).stream()
                .map(BenchmarkListEntry::getUsername)
                .filter(name -> !name.matches(".*[.](" + excluded + ")Benchmark[.].*"))
                .collect(Collectors.toSet());
    }
}
