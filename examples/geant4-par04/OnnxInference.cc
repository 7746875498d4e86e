#include "OnnxInference.hh"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

OnnxInference::OnnxInference(const std::string& aPath, int aThreads)
  : fApi(OrtGetApiBase()->GetApi(ORT_API_VERSION)),
    fEnvironment(nullptr, nullptr),
    fSession(nullptr, nullptr),
    fMemory(nullptr, nullptr)
{
  if (fApi == nullptr) {
    throw std::runtime_error("ONNX Runtime's library is older than its headers");
  }
  OrtEnv* environment = nullptr;
  Check(fApi->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "showerkit", &environment));
  fEnvironment = {environment, fApi->ReleaseEnv};
  OrtSessionOptions* options = nullptr;
  Check(fApi->CreateSessionOptions(&options));
  Handle<OrtSessionOptions> owned(options, fApi->ReleaseSessionOptions);
  Check(fApi->SetIntraOpNumThreads(options, aThreads));
  OrtSession* session = nullptr;
#ifdef _WIN32
  const std::wstring path(aPath.begin(), aPath.end());
  Check(fApi->CreateSession(environment, path.c_str(), options, &session));
#else
  Check(fApi->CreateSession(environment, aPath.c_str(), options, &session));
#endif
  fSession = {session, fApi->ReleaseSession};
  OrtMemoryInfo* memory = nullptr;
  Check(fApi->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  fMemory = {memory, fApi->ReleaseMemoryInfo};
  Check(fApi->GetAllocatorWithDefaultOptions(&fAllocator));
  ReadDescription();
  if (Text("format") != "showerkit-onnx-1" || Text("kind") != "shower-generator") {
    throw std::runtime_error(aPath + ": no generator of showers in showerkit's format");
  }
  ReadInputs();
}

void OnnxInference::ReadDescription()
{
  OrtModelMetadata* metadata = nullptr;
  Check(fApi->SessionGetModelMetadata(fSession.get(), &metadata));
  Handle<OrtModelMetadata> owned(metadata, fApi->ReleaseModelMetadata);
  char** keys = nullptr;
  int64_t number = 0;
  Check(fApi->ModelMetadataGetCustomMetadataMapKeys(metadata, fAllocator, &keys, &number));
  for (int64_t i = 0; i < number; ++i) {
    const std::string key = Taken(keys[i]);
    char* text = nullptr;
    Check(fApi->ModelMetadataLookupCustomMetadataMap(metadata, fAllocator, key.c_str(), &text));
    fDescription[key] = Taken(text);
  }
  if (keys != nullptr) {
    Check(fApi->AllocatorFree(fAllocator, keys));
  }
}

void OnnxInference::ReadInputs()
{
  size_t number = 0;
  Check(fApi->SessionGetInputCount(fSession.get(), &number));
  for (size_t i = 0; i < number; ++i) {
    char* name = nullptr;
    Check(fApi->SessionGetInputName(fSession.get(), i, fAllocator, &name));
    Input input;
    input.name = Taken(name);
    const std::string key = "input." + input.name + ".";
    input.role = Text(key + "role");
    input.width = static_cast<int>(Numbers(key + "width").at(0));
    input.integer = Text(key + "type") == "int64";
    input.law = input.role == "random" ? Text(key + "law") : "";
    fInputSize += input.width;
    fInputs.push_back(input);
  }
  char* output = nullptr;
  Check(fApi->SessionGetOutputName(fSession.get(), 0, fAllocator, &output));
  fOutput = Taken(output);
  fCells = static_cast<int>(Numbers("cells.number").at(0));
}

std::vector<float> OnnxInference::GenVector(int aPdg, double aEnergy, const std::array<double, 3>& aDirection,
                                            const std::array<double, 3>& aPosition,
                                            std::mt19937_64& aEngine) const
{
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> uniform;
  std::vector<float> numbers;
  numbers.reserve(fInputSize);
  for (const auto& input : fInputs) {
    if (input.role == "incident-energy") {
      numbers.push_back(static_cast<float>(aEnergy));
    }
    else if (input.role == "direction") {
      numbers.insert(numbers.end(), aDirection.begin(), aDirection.end());
    }
    else if (input.role == "position") {
      numbers.insert(numbers.end(), aPosition.begin(), aPosition.end());
    }
    else if (input.role == "particle") {
      numbers.push_back(static_cast<float>(aPdg));
    }
    else if (input.law == "normal" || input.law == "normal-32") {
      for (int i = 0; i < input.width; ++i) numbers.push_back(normal(aEngine));
    }
    else if (input.law == "uniform") {
      for (int i = 0; i < input.width; ++i) numbers.push_back(uniform(aEngine));
    }
    else {
      throw std::runtime_error("input " + input.name + ": role '" + input.role + "' is not known here");
    }
  }
  return numbers;
}

void OnnxInference::RunInference(std::vector<float> aGenVector, std::vector<double>& aEnergies, int aSize)
{
  const auto events = static_cast<int64_t>(aGenVector.size()) / fInputSize;
  if (events * fInputSize != static_cast<int64_t>(aGenVector.size()) || aSize != events * fCells) {
    throw std::runtime_error("each event takes " + std::to_string(fInputSize) + " numbers and gives " +
                             std::to_string(fCells) + " energies");
  }
  std::vector<std::vector<float>> floats(fInputs.size());
  std::vector<std::vector<int64_t>> integers(fInputs.size());
  std::vector<Handle<OrtValue>> owned;
  std::vector<const char*> names;
  std::vector<const OrtValue*> values;
  int begin = 0;
  for (size_t i = 0; i < fInputs.size(); ++i) {
    // Each input has the numbers of all events together.
    const auto& input = fInputs[i];
    auto& real = floats[i];
    real.reserve(events * input.width);
    for (int64_t event = 0; event < events; ++event) {
      const auto first = aGenVector.begin() + event * fInputSize + begin;
      real.insert(real.end(), first, first + input.width);
    }
    begin += input.width;
    void* data = real.data();
    size_t bytes = real.size() * sizeof(float);
    if (input.integer) {
      integers[i].assign(real.begin(), real.end());
      data = integers[i].data();
      bytes = integers[i].size() * sizeof(int64_t);
    }
    const std::array<int64_t, 2> shape{events, input.width};
    OrtValue* value = nullptr;
    Check(fApi->CreateTensorWithDataAsOrtValue(
      fMemory.get(), data, bytes, shape.data(), shape.size(),
      input.integer ? ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &value));
    owned.emplace_back(value, fApi->ReleaseValue);
    names.push_back(input.name.c_str());
    values.push_back(value);
  }
  const char* output = fOutput.c_str();
  OrtValue* made = nullptr;
  Check(fApi->Run(fSession.get(), nullptr, names.data(), values.data(), values.size(), &output, 1, &made));
  Handle<OrtValue> result(made, fApi->ReleaseValue);
  void* energies = nullptr;
  Check(fApi->GetTensorMutableData(made, &energies));
  const auto* first = static_cast<const float*>(energies);
  aEnergies.assign(first, first + aSize);
}

bool OnnxInference::Covers(int aPdg, double aEnergy, const std::array<double, 3>& aDirection) const
{
  const auto particles = Numbers("particles");
  if (std::find(particles.begin(), particles.end(), aPdg) == particles.end()) return false;
  const auto energy = Numbers("valid_range.energy");
  if (aEnergy < energy.at(0) || aEnergy > energy.at(1)) return false;
  const double theta = std::atan2(std::hypot(aDirection[0], aDirection[1]), aDirection[2]);
  const auto angle = Numbers("valid_range.theta");
  // Angles in single precision, as the training sample has them.
  return theta >= angle.at(0) - 1e-3 && theta <= angle.at(1) + 1e-3;
}

const std::string& OnnxInference::Text(const std::string& aKey) const
{
  const auto found = fDescription.find(aKey);
  if (found == fDescription.end()) {
    throw std::runtime_error("the file does not tell '" + aKey + "': it was not written by showerkit export");
  }
  return found->second;
}

std::vector<double> OnnxInference::Numbers(const std::string& aKey) const
{
  std::istringstream text(Text(aKey));
  std::vector<double> numbers;
  for (double number = 0.0; text >> number;) numbers.push_back(number);
  return numbers;
}

void OnnxInference::Check(OrtStatus* aStatus) const
{
  if (aStatus == nullptr) return;
  const std::string message = fApi->GetErrorMessage(aStatus);
  fApi->ReleaseStatus(aStatus);
  throw std::runtime_error("ONNX Runtime: " + message);
}

std::string OnnxInference::Taken(char* aText) const
{
  const std::string text = aText == nullptr ? "" : aText;
  if (aText != nullptr) Check(fApi->AllocatorFree(fAllocator, aText));
  return text;
}
