package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class VendorLibraryTest {
    private final VendorLibrary none = new VendorLibrary("libnone.so.1", "libnone.so.2", List.of(), "JNone");

    @Test
    void aMissingFileIsNamedWithTheFolders() {
        assertThat(none.missing()).hasValueSatisfying(text -> assertThat(text).contains("libnone.so.1 or libnone.so.2",
                "/usr/local/cuda/lib64", "/usr/lib64"));
        assertThat(none.find()).isEmpty();
        assertThatThrownBy(() -> none.load(() -> {})).isInstanceOf(DeviceException.class)
                .hasMessageContainingAll("libnone.so.1", "LD_LIBRARY_PATH", "-Dzoetrope.library.path");
    }

    @Test
    void aProviderThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> Device.open(DeviceChoice.CPU, "nothing")).isInstanceOf(DeviceException.class)
                .hasMessageContainingAll("provider 'nothing'", "the class path has none", "zoetrope-nothing", "auto");
    }
}
