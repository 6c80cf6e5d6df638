package consumer;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.Images;
import io.zoetrope.model.gan.GanPipeline;

/** Paints a picture by a model that ships: kernels, natives, weights and services are all found, or it fails. */
public final class Program {
    public static void main(String[] args) throws Exception {
        System.out.println(paint());
    }

    public static String paint() throws Exception {
        try (Device device = Device.open(DeviceChoice.CPU);
                GanPipeline gan = GanPipeline.fromPretrained(device, "fashion-gan")) {
            Images images = gan.generate(1, 7);
            return images + " from " + Program.class.getModule();
        }
    }
}
