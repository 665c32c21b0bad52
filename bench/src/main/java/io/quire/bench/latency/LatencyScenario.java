/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.latency;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What else happens while operations arrive. */
public enum LatencyScenario {
    /** Nothing. */
    ALONE("nothing else"),
    /** A checkpoint begins each second. */
    CHECKPOINTS("a checkpoint each second"),
    /** The first checkpoint of a table that was just loaded begins with the pass, so that everything is written. */
    FULL("one full checkpoint"),
    /**
     * The contestant's JVM was killed just before, some writes after its last checkpoint, and the table was opened in
     * another one: what recovery left for later happens meanwhile. The first operation is due the moment that the call
     * which opens returns.
     */
    RECOVERING("right after opening again"),
    /** Not at a fixed rate: every put of loading the table, timed one by one. */
    GROW("each put while growing from empty");

    private final String title;

    LatencyScenario(final String title) {
        this.title = title;
    }

    /**
     * Names the scenario in files and on command lines.
     *
     * @return a lower-case word
     */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Names the scenario for people.
     *
     * @return a title
     */
    public String title() {
        return title;
    }

    /**
     * Finds a scenario by its code.
     *
     * @param code as {@link #code}
     * @return the scenario
     * @throws IllegalArgumentException when there is none
     */
    public static LatencyScenario parse(final String code) {
        return Arrays.stream(values())
                .filter(scenario -> scenario.code().equals(code.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no such scenario: found=" + code + " expected one of " + codes()));
    }

    private static List<String> codes() {
        return Arrays.stream(values()).map(LatencyScenario::code).toList();
    }
}
