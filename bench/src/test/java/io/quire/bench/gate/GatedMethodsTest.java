/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import io.quire.store.AggregatingState;
import io.quire.store.BytesCursor;
import io.quire.store.BytesState;
import io.quire.store.BytesStateReader;
import io.quire.store.FixedBytesState;
import io.quire.store.FixedBytesStateReader;
import io.quire.store.KeyedState;
import io.quire.store.ListState;
import io.quire.store.LongBytesState;
import io.quire.store.LongBytesStateReader;
import io.quire.store.LongDoubleCursor;
import io.quire.store.LongDoubleState;
import io.quire.store.LongDoubleStateReader;
import io.quire.store.LongLongCursor;
import io.quire.store.LongLongState;
import io.quire.store.LongLongStateReader;
import io.quire.store.LongSetCursor;
import io.quire.store.LongSetState;
import io.quire.store.LongSetStateReader;
import io.quire.store.LongTimerState;
import io.quire.store.MapState;
import io.quire.store.ReducingState;
import io.quire.store.TimerState;
import io.quire.store.ValueState;
import io.quire.store.ValueStateReader;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every public method of a state is named by an allocation gate, or here with the reason why it is not. The name of a
 * gate lists the methods it calls: {@code LongSetState.add, contains, remove}; of those with several forms each is
 * named with the number of its parameters, {@code forEach(2)}.
 */
class GatedMethodsTest {
    private static final List<Class<?>> GATED = List.of(
            LongLongState.class,
            LongSetState.class,
            LongDoubleState.class,
            LongBytesState.class,
            BytesState.class,
            FixedBytesState.class,
            LongTimerState.class,
            LongLongStateReader.class,
            LongSetStateReader.class,
            LongDoubleStateReader.class,
            LongBytesStateReader.class,
            BytesStateReader.class,
            FixedBytesStateReader.class,
            LongLongCursor.class,
            LongSetCursor.class,
            LongDoubleCursor.class,
            BytesCursor.class,
            ValueState.class,
            ListState.class,
            MapState.class,
            ReducingState.class,
            AggregatingState.class);

    private static final String CONSTANT = "gives what was set when the state was opened, or a count";
    private static final String CONTROL = "of the whole state, not of an entry";
    private static final String ENTITY = "gives or takes objects of the caller's or the JDK's for each element";
    private static final String READER_WALK = "a walk of a reader ends only while the writer goes on, which is another"
            + " thread than the one that is measured";
    private static final String NAMES_STATE = "makes the object that later calls use";

    /** Those whose keys have a size, too. */
    private static final Set<String> SIZED = Set.of("ListState", "MapState");

    /** Why a method is not gated, by name or by class and name, with the number of parameters where it matters. */
    private static final Map<String, String> NOT_GATED = notGated();

    private static Map<String, String> notGated() {
        final Map<String, String> reasons = new TreeMap<>();
        for (final Method method : KeyedState.class.getMethods()) {
            reasons.put(method.getName(), CONTROL);
        }
        for (final String name : List.of("name", "timeDomain", "size", "statistics", "clear")) {
            reasons.put("LongTimerState." + name, CONTROL);
        }
        for (final String type : List.of("FixedBytesState", "FixedBytesStateReader")) {
            reasons.put(type + ".keyLength", CONSTANT);
            reasons.put(type + ".valueLength", CONSTANT);
        }
        for (final String type : List.of("LongLong", "LongSet", "LongDouble", "LongBytes", "Bytes", "FixedBytes")) {
            reasons.put(type + "StateReader.forEach(1)", READER_WALK);
            reasons.put(type + "StateReader.forEach(2)", READER_WALK);
        }
        for (final String name : List.of("forEach(1)", "forEach(2)")) {
            for (final String type : List.of("ValueState", "ListState", "MapState", "ReducingState")) {
                reasons.put(type + "." + name, ENTITY);
            }
            reasons.put("AggregatingState." + name, ENTITY);
        }
        for (final String name : List.of("addAll", "update", "get")) {
            reasons.put("ListState." + name, ENTITY);
        }
        for (final String name : List.of("putAll", "entries", "keys", "values")) {
            reasons.put("MapState." + name, ENTITY);
        }
        for (final String type : List.of("ListState", "MapState", "ReducingState", "AggregatingState")) {
            reasons.put(type + ".current", NAMES_STATE);
        }
        for (final String type : List.of("ValueState", "ListState", "MapState", "ReducingState", "AggregatingState")) {
            for (final String name :
                    List.of("name", "clear", "keyCount", "statistics", "timeToLive", "rewriteValues")) {
                reasons.put(type + "." + name, CONTROL);
            }
            reasons.put(type + ".forEachKey(1)", ENTITY);
            reasons.put(type + ".forEachKey(2)", ENTITY);
            reasons.put(type + (SIZED.contains(type) ? ".size(0)" : ".size"), CONTROL);
        }
        return reasons;
    }

    private static Collection<String> gateNames() {
        final List<String> names = new ArrayList<>();
        names.addAll(new AllocationGateTest().operations().keySet());
        names.addAll(new StateAllocationGateTest().operations().keySet());
        names.addAll(new WalkAllocationGateTest().operations().keySet());
        names.addAll(new TypedAllocationGateTest().operations().keySet());
        names.addAll(new TimeToLiveAllocationGateTest().operations().keySet());
        return names;
    }

    /** Splits {@code A.x, y of something, B.z} into A.x, A.y and B.z. */
    private static Stream<String> methodsOf(final String gate) {
        final List<String> methods = new ArrayList<>();
        String type = "";
        for (final String part : gate.split(", ")) {
            final String word = part.split(" ")[0];
            final int dot = word.indexOf('.');
            type = dot < 0 ? type : word.substring(0, dot);
            methods.add(type + "." + word.substring(dot + 1));
        }
        return methods.stream();
    }

    private static Set<String> gated() {
        return gateNames().stream().flatMap(GatedMethodsTest::methodsOf).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<Method> publicMethods(final Class<?> type) {
        return Arrays.stream(type.getMethods())
                .filter(method -> method.getDeclaringClass() != Object.class)
                .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isSynthetic());
    }

    /** The method as a gate must name it: with the number of its parameters where there are several of its name. */
    private static String nameOf(final Class<?> type, final Method method) {
        final long forms = publicMethods(type)
                .filter(other -> other.getName().equals(method.getName()))
                .map(Method::getParameterCount)
                .distinct()
                .count();
        final String suffix = forms == 1 ? "" : "(" + method.getParameterCount() + ")";
        return type.getSimpleName() + "." + method.getName() + suffix;
    }

    private static boolean excused(final Class<?> type, final String name) {
        final String withoutType = name.substring(name.indexOf('.') + 1);
        return NOT_GATED.containsKey(name)
                || (KeyedState.class.isAssignableFrom(type) && NOT_GATED.containsKey(withoutType));
    }

    @Test
    void shouldGateEveryMethodOrSayWhyNot() {
        final Set<String> gated = gated();

        final Set<String> neither = new TreeSet<>();
        for (final Class<?> type : GATED) {
            publicMethods(type)
                    .map(method -> nameOf(type, method))
                    .filter(name -> !gated.contains(name) && !excused(type, name))
                    .forEach(neither::add);
        }

        assertThat(neither)
                .as("methods that no allocation gate names; add one, or the reason to this class")
                .isEmpty();
    }

    @Test
    void shouldNameMethodsThatExist() {
        final Set<String> types = GATED.stream().map(Class::getSimpleName).collect(Collectors.toSet());
        final Set<String> existing = GATED.stream()
                .flatMap(type -> publicMethods(type).map(method -> nameOf(type, method)))
                .collect(Collectors.toSet());

        assertThat(gated().stream().filter(name -> types.contains(name.substring(0, name.indexOf('.')))))
                .as("gates whose name says what there is not")
                .allMatch(existing::contains);
        assertThat(NOT_GATED.keySet().stream().filter(name -> name.contains(".")))
                .as("reasons for what there is not, or what is gated")
                .allMatch(name -> existing.contains(name) && !gated().contains(name));
    }

    /** A state that is added to the library must be added here. */
    @Test
    void shouldKnowEveryState() {
        final Set<Class<?>> opened = Stream.of(DurableStateStore.class, io.quire.store.StoreReader.class)
                .flatMap(store -> Arrays.stream(store.getMethods()))
                .map(Method::getReturnType)
                .filter(type -> type.getPackageName().equals("io.quire.store"))
                .filter(type -> type.getSimpleName().matches(".*State(Reader)?"))
                .collect(Collectors.toSet());

        opened.removeAll(GATED);
        opened.removeAll(Set.of(io.quire.store.NamespacedState.class, TimerState.class, ValueStateReader.class));
        opened.removeIf(type -> type.getSimpleName().equals("TypedState"));
        assertThat(opened).as("states without allocation gates").isEmpty();
    }
}
