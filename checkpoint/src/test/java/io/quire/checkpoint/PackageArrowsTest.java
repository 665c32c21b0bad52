/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.Externalizable;
import java.io.ObjectInput;
import java.io.ObjectInputStream;
import java.io.ObjectOutput;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The arrows between the packages of this module point down only. */
class PackageArrowsTest {
    private static final String BASE = "io.quire.checkpoint";

    private static JavaClasses classes;

    @BeforeAll
    static void importClasses() {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        classes = new ClassFileImporter()
                .withImportOption(location -> !location.contains("/test-classes/"))
                .importPackages(BASE);
    }

    @Test
    void shouldKeepTheFileLayerBelowTheFormats() {
        noArrow(".io", ".storage", ".block", ".manifest", ".merge", ".log", ".live", ".recovery");
    }

    @Test
    void shouldKeepTheStorageBelowWhatIsStored() {
        noArrow(".storage", ".block", ".manifest", ".merge", ".log", ".live", ".recovery");
    }

    @Test
    void shouldKeepBlocksBelowManifestsAndMerging() {
        noArrow(".block", ".manifest", ".merge", ".log", ".live", ".recovery");
        noArrow(".manifest", ".merge", ".log", ".live", ".recovery");
        noArrow(".merge", ".log", ".live", ".recovery");
    }

    @Test
    void shouldKeepTheLogApartFromCheckpointFiles() {
        noArrow(".log", ".block", ".manifest", ".merge", ".live", ".recovery");
    }

    /** Neither to read it, which runs code of the writer's choice, nor to write it. */
    @Test
    void shouldNotTouchJavaSerialization() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(
                        ObjectInputStream.class,
                        ObjectOutputStream.class,
                        ObjectInput.class,
                        ObjectOutput.class,
                        Externalizable.class)
                .check(classes);
    }

    private void noArrow(final String from, final String... to) {
        for (final String target : to) {
            noClasses()
                    .that()
                    .resideInAPackage(BASE + from)
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(BASE + target)
                    .allowEmptyShould(true)
                    .check(classes);
        }
    }
}
