/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PerfStacksTest {
    private static List<String> collapsed(final String... lines) {
        final PerfStacks stacks = new PerfStacks();
        stacks.add(List.of(lines).stream());
        return stacks.collapsed().toList();
    }

    @Test
    void shouldTurnStacksUpsideDownAndCountThem() {
        assertThat(collapsed(
                        "bench-worker 12345/12350 1.5: 10101010 cpu-clock:",
                        "    7f0000000010 Lio/quire/store/LongLongState;::get+0x1f (/tmp/perf-12345.map)",
                        "    7f0000000020 main+0x10 (/usr/bin/java)",
                        "",
                        "bench-worker 12345/12350 1.6: 10101010 cpu-clock:",
                        "    7f0000000011 Lio/quire/store/LongLongState;::get+0x20 (/tmp/perf-12345.map)",
                        "    7f0000000020 main+0x10 (/usr/bin/java)",
                        ""))
                .containsExactly("bench-worker;main;Lio/quire/store/LongLongState:::get 2");
    }

    @Test
    void shouldKeepSpacesInNamesOfThreadsAndSymbols() {
        assertThat(collapsed(
                        "C2 CompilerThre   77 2.5:    1 cpu-clock: ",
                        "    7f00000000ff Compile::Compile(ciEnv*, int) (/usr/lib/libjvm.so)"))
                .containsExactly("C2 CompilerThre;Compile::Compile(ciEnv*, int) 1");
    }

    @Test
    void shouldIgnoreCommentsAndSamplesWithoutFrames() {
        assertThat(collapsed("# captured on ...", "java 1 2.5: 1 cpu-clock:", ""))
                .isEmpty();
    }
}
